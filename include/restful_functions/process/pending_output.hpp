/// pending_output: what a process has printed and not written yet, and how it is written where the
/// process ends.
#pragma once

#include <dlfcn.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <iostream>
#include <locale>
#include <streambuf>
#include <string>
#include <type_traits>

namespace restful_functions::process::detail {

/// Passes all on to another buffer, and has that written at the end of each line. std::cout and its
/// like have no such mode where they are not synchronised with stdio.
template <class Char>
class line_buffer final : public std::basic_streambuf<Char> {
    using traits = std::char_traits<Char>;
    using integer = typename traits::int_type;

 public:
    explicit line_buffer(std::basic_streambuf<Char>& target) : target_(target) {}

    [[nodiscard]] std::basic_streambuf<Char>& target() const noexcept { return target_; }

    /// Whether a signal handler has interrupted it.
    [[nodiscard]] bool is_busy() const noexcept { return busy_ != 0; }

 protected:
    integer overflow(integer next) override {
        if (traits::eq_int_type(next, traits::eof())) return traits::not_eof(next);
        const Char character = traits::to_char_type(next);
        return xsputn(&character, 1) == 1 ? next : traits::eof();
    }

    std::streamsize xsputn(const Char* text, std::streamsize size) override {
        busy_ = 1;
        const std::streamsize written = target_.sputn(text, size);
        const bool has_line =
            traits::find(text, static_cast<std::size_t>(size), Char{'\n'}) != nullptr;
        const bool failed = has_line && target_.pubsync() != 0;
        busy_ = 0;
        return failed ? 0 : written;
    }

    int sync() override {
        busy_ = 1;
        const int result = target_.pubsync();
        busy_ = 0;
        return result;
    }

    void imbue(const std::locale& its) override { target_.pubimbue(its); }

 private:
    std::basic_streambuf<Char>& target_;
    volatile std::sig_atomic_t busy_ = 0;
};

/// The buffers of std::cout, std::clog, std::wcout and std::wclog; null where they are synchronised
/// with stdio, whose buffers then are the only ones.
struct standard_lines {
    line_buffer<char>* out = nullptr;
    line_buffer<char>* log = nullptr;
    line_buffer<wchar_t>* wide_out = nullptr;
    line_buffer<wchar_t>* wide_log = nullptr;
};

inline standard_lines lines_of_standard_streams;

/// Calls `visit` with each standard stream that may buffer, and its line buffer.
template <class Visit>
inline void for_each_standard_stream(Visit visit) {
    visit(std::cout, lines_of_standard_streams.out);
    visit(std::clog, lines_of_standard_streams.log);
    visit(std::wcout, lines_of_standard_streams.wide_out);
    visit(std::wclog, lines_of_standard_streams.wide_log);
}

/// Whether a stream buffer holds something that was not written yet.
template <class Char>
[[nodiscard]] inline bool has_unwritten(const std::basic_streambuf<Char>& buffer) noexcept {
    struct look : std::basic_streambuf<Char> {
        static bool into(const std::basic_streambuf<Char>& other) noexcept {
            return (other.*&look::pptr)() != (other.*&look::pbase)();
        }
    };
    return look::into(buffer);
}

template <class Char>
inline void forget_unwritten(std::basic_streambuf<Char>& buffer) noexcept {
    struct drop : std::basic_streambuf<Char> {
        static void from(std::basic_streambuf<Char>& other) noexcept {
            (other.*&drop::setp)((other.*&drop::pbase)(), (other.*&drop::epptr)());
        }
    };
    drop::from(buffer);
}

/// The buffer in which a stream's output may wait; null: there is none.
template <class Char>
[[nodiscard]] inline std::basic_streambuf<Char>* waiting_in(
    const std::basic_ostream<Char>& stream, const line_buffer<Char>* lines) noexcept {
    std::basic_streambuf<Char>* const buffer = stream.rdbuf();
    return lines != nullptr && buffer == lines ? &lines->target() : buffer;
}

/// What was printed is out before the client hears of the result. Where nothing waits, the code
/// that would write it, and that most calls never run, is not even brought in.
inline void flush_standard_output() {
    for_each_standard_stream([](auto& stream, auto* lines) {
        const auto* waits = waiting_in(stream, lines);
        if (waits != nullptr && has_unwritten(*waits)) stream.flush();
    });
    if (::__fpending(stdout) != 0) std::fflush(stdout);
}

/// For a copy of the process that prints it.
inline void forget_standard_output() {
    for_each_standard_stream([](auto& stream, auto* lines) {
        auto* waits = waiting_in(stream, lines);
        if (waits != nullptr && has_unwritten(*waits)) forget_unwritten(*waits);
    });
    ::__fpurge(stdout);
}

/// Where the C library's list of its open streams begins. It does not say so in a header, and a
/// variable of a library's is not to be referred to directly: the program would get a copy.
inline std::FILE** first_stream = nullptr;

/// Which code a signal handler may have interrupted.
enum class interrupted { own_fault, anywhere };

/// Writes what waits in one stream of stdio's, without its locks and its functions.
inline void write_waiting(std::FILE* stream, interrupted where) noexcept {
    const char* const begin = stream->_IO_write_base;
    if (stream->_fileno < 0 || begin == nullptr) return;
    const std::ptrdiff_t size = stream->_IO_write_ptr - begin;
    if (size <= 0) return;
    // The first word of its lock. Whoever holds it may have written the same a moment ago.
    if (where == interrupted::anywhere && stream->_lock != nullptr &&
        *static_cast<const volatile int*>(stream->_lock) != 0) {
        return;
    }
    if (::ftrylockfile(stream) != 0) return;
    // A stream that was read from before stands where its reading ended.
    if (stream->_IO_read_end != begin)
        ::lseek(stream->_fileno, begin - stream->_IO_read_end, SEEK_CUR);
    for (const char* at = begin; at < begin + size;) {
        const auto left = static_cast<std::size_t>(begin + size - at);
        const ssize_t written = ::write(stream->_fileno, at, left);
        if (written < 0 && errno != EINTR) break;
        if (written > 0) at += written;
    }
    stream->_IO_write_ptr = stream->_IO_write_base;
    ::funlockfile(stream);
}

/// Writes what waits in the standard streams of C++ and in all streams of stdio's, in the signal
/// handler that ends the process: none that another thread holds. It may crash where the process
/// has destroyed its own memory.
inline void write_waiting_output(interrupted where) noexcept {
    for_each_standard_stream([&](auto& stream, auto* lines) {
        auto* waits = waiting_in(stream, lines);
        const bool torn = where == interrupted::anywhere && lines != nullptr && lines->is_busy();
        if (waits != nullptr && !torn && has_unwritten(*waits)) waits->pubsync();
    });
    constexpr int most_streams = 100'000;  // the list may have been destroyed to a ring
    std::FILE* stream = first_stream != nullptr ? *first_stream : stderr;
    for (int seen = 0; stream != nullptr && seen < most_streams; ++seen) {
        write_waiting(stream, where);
        stream = stream->_chain;
    }
}

/// By which the process is ending.
inline std::atomic<int> last_signal{0};

inline void die_of_last_signal(int /*signal*/ = 0) {
    const int last = last_signal.load();
    ::signal(last, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, last);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(last);
}

/// The process that writes what it has printed when a signal ends it. What waits in one that it has
/// forked waits in itself, too.
inline pid_t printing_process = 0;

/// The handler of the signals that end a process by default and that the server causes. It ends
/// the process all the same.
inline void write_and_die(int signal) {
    if (last_signal.exchange(signal) != 0) return;  // another thread is at it
    // What is broken or locked in here must not change how the process ends.
    for (const int guard : {SIGSEGV, SIGBUS, SIGABRT, SIGALRM}) ::signal(guard, die_of_last_signal);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
    ::alarm(2);
    if (::getpid() == printing_process) write_waiting_output(interrupted::anywhere);
    die_of_last_signal();
}

inline constexpr int written_signals[]{SIGTERM, SIGXCPU, SIGXFSZ};

/// Whether the function has left a signal as it found it.
[[nodiscard]] inline bool ends_process(int signal) noexcept {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    return now.sa_handler == SIG_DFL || now.sa_handler == write_and_die;
}

/// For the fork server, whose processes inherit it.
inline void install_last_writes() {
    first_stream = static_cast<std::FILE**>(::dlsym(RTLD_DEFAULT, "_IO_list_all"));
    for (const int signal : written_signals) ::signal(signal, write_and_die);
}

/// For the fork server, whose processes inherit it: what they print goes out line by line. A
/// standard output that the program has made unbuffered stays so.
inline void print_by_lines() {
    constexpr std::size_t unbuffered = 1;
    // Without a new buffer, putc(3) goes on in the old one as in a full buffer.
    static char memory[BUFSIZ];
    if (::__fbufsize(stdout) != unbuffered) ::setvbuf(stdout, memory, _IOLBF, sizeof memory);
    if (std::ios::sync_with_stdio(true)) return;  // asks only: there is no way back to true
    const auto give = [](auto& stream, auto*& lines) {
        using buffer = std::remove_reference_t<decltype(*lines)>;
        if (stream.rdbuf() == nullptr) return;
        lines = new buffer(*stream.rdbuf());  // lives as long as the process
        stream.rdbuf(lines);
    };
    give(std::cout, lines_of_standard_streams.out);
    give(std::clog, lines_of_standard_streams.log);
    give(std::wcout, lines_of_standard_streams.wide_out);
    give(std::wclog, lines_of_standard_streams.wide_log);
}

}  // namespace restful_functions::process::detail
