#include <restful_functions/process/program_descriptors.hpp>

#include "../address_sanitizer.hpp"
#include "calls.hpp"
#include "rewinds.hpp"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#ifdef TEST_WITH_SQLITE
#include <sqlite3.h>
#endif

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

using namespace test;
using restful_functions::detail::unique_fd;

namespace {

void write_file(const std::string& path, std::string_view text) {
    std::ofstream(path) << text << std::flush;
}

/// Where each call may run; every test below holds in all of them.
std::vector<isolation> isolations() {
    std::vector<isolation> all{isolation::process, isolation::worker};
    if (can_rewind() && !address_sanitizer) all.push_back(isolation::rewind);
    return all;
}

/// Calls of one function.
class isolated : public calls {
 public:
    isolated(isolation how, body function, operating_system& system = operating_system::real(),
             executor_options options = {.max_processes = 8, .warm_processes = 2})
        : calls({std::move(function)}, options, system, {{.isolation = how}}) {}
};

std::string read_all(int descriptor) {
    std::string text;
    char portion[16];
    for (ssize_t size = 0; (size = ::read(descriptor, portion, sizeof portion)) > 0;) {
        text.append(portion, static_cast<std::size_t>(size));
    }
    return text;
}

/// The open descriptors of this process, each with what it is.
std::set<std::string> open_now() {
    std::set<std::string> all;
    each_open_descriptor(0, ~0U, [&](int number) {
        std::error_code failed;
        const auto link = "/proc/self/fd/" + std::to_string(number);
        all.insert(std::to_string(number) + " " +
                   std::filesystem::read_symlink(link, failed).string());
    });
    return all;
}

std::string joined(const std::set<std::string>& all) {
    std::string text;
    for (const std::string& each : all) text += each + "\n";
    return text;
}

class refusing_close_range final : public operating_system {
 public:
    explicit refusing_close_range(int error) : error_(error) {}
    int close_range(unsigned, unsigned, int) override {
        errno = error_;
        return -1;
    }

 private:
    int error_;
};

}  // namespace

TEST_CASE("a line for the program's log is not written to a file that a call opened") {
    for (const isolation how : isolations()) {
        const temporary_directory directory;
        const std::string log = directory.file("audit.log");
        const std::string own = directory.file("out.txt");
        std::ofstream audit(log, std::ios::app);
        isolated all(how, [&](std::string_view input) {
            std::ofstream out(own);
            out << "result" << std::flush;
            audit << input << std::endl;
            return std::string(audit.good() ? "good" : "bad");
        });
        CHECK(all.result(0, "one") == "good");
        CHECK(all.result(0, "two") == "good");
        CHECK(file_text(log) == "one\ntwo\n");
        CHECK(file_text(own) == "result");
    }
}

TEST_CASE("each call reads a file from where the program had got to") {
    for (const isolation how : {isolation::process, isolation::rewind}) {
        if (how == isolation::rewind && isolations().size() < 3) continue;
        const temporary_directory directory;
        const std::string path = directory.file("data");
        write_file(path, "header\nfirst\nsecond\n");
        const unique_fd raw(::open(path.c_str(), O_RDONLY));
        char header[7];
        REQUIRE(::read(raw.get(), header, sizeof header) == sizeof header);
        std::ifstream stream(path);
        std::string line;
        std::getline(stream, line);
        const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "r"),
                                                         std::fclose);
        char text[32];
        REQUIRE(std::fgets(text, sizeof text, file.get()) != nullptr);
        isolated all(how, [&](std::string_view) {
            std::string read = read_all(raw.get());
            for (std::string each; std::getline(stream, each);) read += each + "|";
            while (std::fgets(text, sizeof text, file.get()) != nullptr) read += text;
            return read;
        });
        for (int call = 0; call < 10; ++call) {
            CHECK(all.result(0) == "first\nsecond\nfirst|second|first\nsecond\n");
        }
        CHECK(::lseek(raw.get(), 0, SEEK_CUR) == sizeof header);
    }
}

TEST_CASE("a worker goes on reading where its last call has stopped") {
    const temporary_directory directory;
    write_file(directory.file("data"), "abcdef");
    const unique_fd file(::open(directory.file("data").c_str(), O_RDONLY));
    isolated all(isolation::worker, [&](std::string_view) {
        char next = '-';
        [[maybe_unused]] const auto size = ::read(file.get(), &next, 1);
        return std::string(1, next);
    });
    for (const char* expected : {"a", "b", "c"}) CHECK(all.result(0) == expected);
    CHECK(::lseek(file.get(), 0, SEEK_CUR) == 0);
}

TEST_CASE("calls that write a file of the program one after the other do not write over it") {
    for (const isolation how : isolations()) {
        const temporary_directory directory;
        const std::string path = directory.file("log");
        std::ofstream log(path);
        log << "begin\n" << std::flush;
        isolated all(how, [&](std::string_view input) {
            log << input << std::endl;
            return std::string("written");
        });
        all.result(0, "one");
        all.result(0, "two");
        CHECK(file_text(path) == "begin\none\ntwo\n");
    }
}

TEST_CASE("directories, devices, memory files, and files without a name are there in a call") {
    for (const isolation how : isolations()) {
        const temporary_directory directory;
        write_file(directory.file("inside"), "text inside");
        const unique_fd tree(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY));
        const unique_fd path_only(::open(directory.path().c_str(), O_PATH));
        const unique_fd zeros(::open("/dev/zero", O_RDWR));
        const unique_fd memory(::memfd_create("model", MFD_CLOEXEC));
        REQUIRE(::pwrite(memory.get(), "weights", 7, 0) == 7);
        const unique_fd unnamed(::open(directory.file("gone").c_str(), O_RDWR | O_CREAT, 0600));
        REQUIRE(::pwrite(unnamed.get(), "still", 5, 0) == 5);
        ::unlink(directory.file("gone").c_str());
        const unique_fd temporary(::open(directory.path().c_str(), O_RDWR | O_TMPFILE, 0600));
        REQUIRE(::pwrite(temporary.get(), "temporary", 9, 0) == 9);
        isolated all(how, [&](std::string_view) {
            std::string facts;
            for (const int at : {tree.get(), path_only.get()}) {
                facts += read_all(unique_fd(::openat(at, "inside", O_RDONLY)).get()) + " ";
            }
            char zero = 'x';
            facts += ::read(zeros.get(), &zero, 1) == 1 && zero == 0 ? "zero " : "no zero ";
            facts += read_all(memory.get()) + " " + read_all(unnamed.get()) + " ";
            facts += read_all(temporary.get());
            const unique_fd names(::dup(tree.get()));
            DIR* list = ::fdopendir(::dup(names.get()));
            while (const dirent* entry = ::readdir(list)) {
                if (entry->d_name[0] != '.') facts += std::string(" ") + entry->d_name;
            }
            ::closedir(list);
            return facts;
        });
        const std::string expected = "text inside text inside zero weights still temporary inside";
        CHECK(all.result(0) == expected);
        if (how != isolation::worker) CHECK(all.result(0) == expected);
    }
}

TEST_CASE("flags stay: of a file that is appended to, and of those that no program inherits") {
    const temporary_directory directory;
    const std::string path = directory.file("file");
    write_file(path, "text");
    const unique_fd closed(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
    const unique_fd passed(::open(path.c_str(), O_RDWR | O_NONBLOCK));
    isolated all(isolation::process, [&](std::string_view) {
        const auto text = [](int file) {
            return std::to_string(::fcntl(file, F_GETFD)) + " " +
                   std::to_string(::fcntl(file, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) +
                   " ";
        };
        return text(closed.get()) + text(passed.get());
    });
    CHECK(all.result(0) == std::to_string(FD_CLOEXEC) + " " + std::to_string(O_RDWR | O_APPEND) +
                               " 0 " + std::to_string(O_RDWR | O_NONBLOCK) + " ");
    CHECK(file_text(path) == "text");
}

TEST_CASE("connections of the program answer EBADF in a call, and no file gets their numbers") {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    sigset_t none;
    ::sigemptyset(&none);
    std::vector<unique_fd> all_of_them;
    for (const int each :
         {pipe[0], pipe[1], pair[0], pair[1], ::socket(AF_INET, SOCK_STREAM, 0), ::epoll_create1(0),
          ::eventfd(1, 0), ::timerfd_create(CLOCK_MONOTONIC, 0), ::signalfd(-1, &none, 0),
          ::inotify_init1(0), ::posix_openpt(O_RDWR | O_NOCTTY)}) {
        REQUIRE(each >= 0);
        all_of_them.emplace_back(each);
    }
    for (const isolation how : isolations()) {
        isolated all(how, [&](std::string_view) {
            std::string facts;
            std::vector<unique_fd> opened;
            for (int count = 0; count < 20; ++count) {
                opened.emplace_back(::open("/dev/null", O_RDONLY));
            }
            for (const unique_fd& each : all_of_them) {
                char byte = 0;
                const auto answers = [&](auto result) { return result == -1 && errno == EBADF; };
                pollfd polled{each.get(), POLLIN, 0};
                if (!answers(::read(each.get(), &byte, 1)) ||
                    !answers(::write(each.get(), &byte, 1)) ||
                    !answers(::send(each.get(), &byte, 1, MSG_NOSIGNAL)) ||
                    !answers(::fchmod(each.get(), 0600)) || ::poll(&polled, 1, 0) != 1 ||
                    polled.revents != POLLNVAL || ::fchdir(each.get()) == 0) {
                    facts += std::to_string(each.get()) + " answers ";
                }
                for (const unique_fd& file : opened) {
                    if (file.get() == each.get()) facts += std::to_string(each.get()) + " taken ";
                }
            }
            return facts;
        });
        CHECK(all.result(0) == "");
        CHECK(all.result(0) == "");
    }
}

TEST_CASE("a call has the program's descriptors and its completion, of the server's none") {
    const temporary_directory directory;
    write_file(directory.file("kept"), "text");
    std::vector<unique_fd> files;
    for (int count = 0; count < 4; ++count) {
        files.emplace_back(::open(directory.file("kept").c_str(), O_RDONLY));
    }
    files.erase(files.begin() + 1);  // a number that is free again
    std::set<std::string> expected;
    program_descriptors().for_each_number(
        [&](int number) { expected.insert(std::to_string(number)); });
    bool has_one_of_ours = false;  // the tests may inherit one
    for (int number = first_own_descriptor; number < 64; ++number)
        has_one_of_ours = has_one_of_ours || expected.contains(std::to_string(number));
    for (const int error : {0, EPERM, ENOSYS}) {
        refusing_close_range refusing(error);
        isolated all(
            isolation::process,
            [](std::string_view) {
                std::string numbers = std::to_string(completion_descriptor) + " ";
                each_open_descriptor(3, ~0U,
                                     [&](int number) { numbers += std::to_string(number) + " "; });
                return numbers;
            },
            error == 0 ? operating_system::real() : refusing);
        for (int server = 0; server < 2; ++server) {
            std::istringstream words(all.result(0));
            std::string completion;
            words >> completion;
            std::set<std::string> seen;
            for (std::string word; words >> word;) seen.insert(word);
            CHECK(seen.erase(completion) == 1);
            if (!has_one_of_ours) CHECK(completion == "63");
            CHECK(joined(seen) == joined(expected));
            all.replace_fork_server();
        }
    }
}

TEST_CASE("a fork server that takes another's place has no file in the place of the program's") {
    const temporary_directory directory;
    write_file(directory.file("kept"), "kept");
    write_file(directory.file("closed"), "closed");
    write_file(directory.file("secret"), "secret of the server");
    const unique_fd kept(::open(directory.file("kept").c_str(), O_RDONLY));
    unique_fd closed(::open(directory.file("closed").c_str(), O_RDONLY));
    const int number = closed.get();
    isolated all(isolation::process, [&](std::string_view) {
        char byte = 0;
        const bool answers = ::read(number, &byte, 1) != -1 || errno != EBADF;
        return read_all(kept.get()) + (answers ? " and it answers " : " and EBADF");
    });
    CHECK(all.result(0) == "kept and it answers ");
    closed.reset();
    const unique_fd reused(::open(directory.file("secret").c_str(), O_RDONLY));
    REQUIRE(reused.get() == number);
    char moved = 0;
    REQUIRE(::read(kept.get(), &moved, 1) == 1);
    all.replace_fork_server();
    CHECK(all.result(0) == "kept and EBADF");
}

TEST_CASE("a program may have descriptors where the library has its own") {
    const temporary_directory directory;
    const std::string path = directory.file("data");
    write_file(path, "text");
    const unique_fd original(::open(path.c_str(), O_RDONLY));
    for (const isolation how : isolations()) {
        std::vector<unique_fd> files;
        for (int number = 40; number < 70; ++number) {
            if (::fcntl(number, F_GETFD) != -1) continue;  // inherited
            files.emplace_back(::dup3(original.get(), number, O_CLOEXEC));
        }
        int& process = shared_number();
        isolated all(how,
                     [&](std::string_view) {
                         process = ::getpid();
                         std::printf("printed\n");
                         std::string read;
                         for (const unique_fd& file : files) read += read_all(file.get());
                         return read;
                     },
                     operating_system::real(), {.max_processes = 1, .warm_processes = 1});
        std::string expected;
        for (std::size_t count = 0; count < files.size(); ++count) expected += "text";
        const call_id first = all.start(0);
        CHECK(std::get<returned>(all.end_of(first)).bytes == expected);
        CHECK(all.departure_of(first).log.text == "printed\n");
        const int process_of_first = process;
        if (how != isolation::worker) CHECK(all.result(0) == expected);
        if (how == isolation::rewind) CHECK(process == process_of_first);
        if (how == isolation::rewind) CHECK(all->count().kept == 1);
    }
}

TEST_CASE("a file that may not be opened again is shared with the program") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: this user has no privileges to drop");
        return;
    }
    const temporary_directory directory;
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    write_file(directory.file("secret"), "abc");
    REQUIRE(::chmod(directory.file("secret").c_str(), 0600) == 0);
    const unique_fd file(::open(directory.file("secret").c_str(), O_RDONLY));
    const pid_t program = ::fork();
    if (program == 0) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
        bool held = false;
        {
            isolated all(isolation::process, [&](std::string_view) {
                char next = '-';
                [[maybe_unused]] const auto size = ::read(file.get(), &next, 1);
                return std::string(1, next);
            });
            held = all.result(0) == "a";
            held = all.result(0) == "b" && held;
        }
        ::_exit(held ? 0 : 1);
    }
    int status = 0;
    ::waitpid(program, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("locks that a call leaves on a file of the program end with it") {
    for (const isolation how : {isolation::process, isolation::rewind}) {
        if (how == isolation::rewind && isolations().size() < 3) continue;
        const temporary_directory directory;
        write_file(directory.file("data"), "text");
        const unique_fd file(::open(directory.file("data").c_str(), O_RDWR));
        isolated all(how, [&](std::string_view) {
            // The process of the call before may still be about to end.
            struct flock whole {};
            whole.l_type = F_WRLCK;
            const bool locked =
                ::flock(file.get(), LOCK_EX) == 0 && ::fcntl(file.get(), F_SETLKW, &whole) == 0;
            return std::string(locked ? "locked" : "not locked");
        });
        const call_id first = all.start(0);
        const call_id second = all.start(0);  // in another process
        CHECK(std::get<returned>(all.end_of(first)).bytes == "locked");
        CHECK(std::get<returned>(all.end_of(second)).bytes == "locked");
        CHECK(all.result(0) == "locked");
    }
}

TEST_CASE("a second server of a program gives its calls nothing of the first one's") {
    calls first({echo});
    isolated second(isolation::process, [](std::string_view) {
        std::string found;
        for (const std::string& each : open_now()) {
            if (each.find("restful-functions") != std::string::npos) found += each;
        }
        return found;
    });
    CHECK(second.result(0) == "");
    CHECK(first.result(0, "still serves") == "still serves");
}

#ifdef TEST_WITH_SQLITE
TEST_CASE("a call uses a database that the program has opened") {
    for (const isolation how : isolations()) {
        const temporary_directory directory;
        sqlite3* opened = nullptr;
        REQUIRE(sqlite3_open(directory.file("data.db").c_str(), &opened) == SQLITE_OK);
        const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
        REQUIRE(sqlite3_exec(opened, "CREATE TABLE t (x); INSERT INTO t VALUES (1);", nullptr,
                             nullptr, nullptr) == SQLITE_OK);
        isolated all(how, [&](std::string_view) {
            std::string sum = "none";
            const auto take = [](void* into, int, char** values, char**) {
                *static_cast<std::string*>(into) = values[0];
                return 0;
            };
            const int status = sqlite3_exec(
                opened, "INSERT INTO t SELECT max(x) + 1 FROM t; SELECT sum(x) FROM t;", take, &sum,
                nullptr);
            return sum + (status == SQLITE_OK ? "" : sqlite3_errmsg(opened));
        });
        CHECK(all.result(0) == "3");
        CHECK(all.result(0) == "6");
        CHECK(all.result(0) == "10");
    }
}
#endif

TEST_CASE("without descriptors of the program, the numbers below 64 are the library's own") {
    CHECK(first_own_descriptor + own_descriptors == 64);
    const program_descriptors now;
    if (now.highest() >= first_own_descriptor) return;
    CHECK(now.free_block(first_own_descriptor, own_descriptors) == first_own_descriptor);
    const unique_fd high(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 63));
    CHECK(program_descriptors().free_block(first_own_descriptor, own_descriptors) == 64);
}
