/// status_text: what /proc/self/status says of this process, and whether it still says so.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace restful_functions::process {

/// What the kernel itself says of a process (proc(5), /proc/pid/status): one read instead of some
/// twenty calls. It tells the name, umask, user and group ids, process group and session, the sizes
/// of the kinds of mappings, the number of threads, who traces it, pending, ignored and caught
/// signals, the capabilities, no_new_privs, seccomp and the processors that it may use.
class status_text {
 public:
    /// false: it could not be read.
    bool read(int file) noexcept {
        const ssize_t size = ::pread(file, text_.data(), text_.size(), 0);
        size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
        return size > 0 && size_ < text_.size();
    }

    [[nodiscard]] bool same_as(const status_text& other) const noexcept {
        std::string_view left(text_.data(), size_);
        std::string_view right(other.text_.data(), other.size_);
        while (!left.empty() && !right.empty()) {
            const std::string_view line = cut_line(left);
            if (line != cut_line(right) && !varies(line)) return false;
        }
        return left.empty() && right.empty();
    }

    /// No other thread could still be using what is mapped.
    [[nodiscard]] bool has_one_thread() const noexcept {
        return std::string_view(text_.data(), size_).find("\nThreads:\t1\n") !=
               std::string_view::npos;
    }

 private:
    static std::string_view cut_line(std::string_view& text) noexcept {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        return line;
    }

    /// These change by themselves, or by what others do.
    static bool varies(std::string_view line) noexcept {
        constexpr std::string_view keys[] = {"State:",
                                             "FDSize:",
                                             "VmPeak:",
                                             "VmHWM:",
                                             "VmRSS:",
                                             "RssAnon:",
                                             "RssFile:",
                                             "RssShmem:",
                                             "VmPTE:",
                                             "VmSwap:",
                                             "SigQ:",
                                             "voluntary_ctxt_switches:",
                                             "nonvoluntary_ctxt_switches:"};
        for (const std::string_view key : keys) {
            if (line.starts_with(key)) return true;
        }
        return false;
    }

    std::array<char, 8192> text_;
    std::size_t size_ = 0;
};

}  // namespace restful_functions::process
