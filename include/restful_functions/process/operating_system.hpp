/// The seam to the operating system: the calls of this folder that run out of something,
/// replaceable by a test.
#pragma once

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace restful_functions::process {

/// Each member is the system call of its name: it returns what the call returns and leaves errno. A
/// test derives from it and makes single calls fail. The fork server inherits the object, so an
/// override also sees its forks.
class operating_system {
 public:
    operating_system() = default;
    operating_system(const operating_system&) = delete;
    operating_system& operator=(const operating_system&) = delete;
    virtual ~operating_system() = default;

    virtual pid_t fork() { return ::fork(); }

    virtual void* mmap(std::size_t length, int protection, int flags, int descriptor,
                       off_t offset) {
        return ::mmap(nullptr, length, protection, flags, descriptor, offset);
    }

    virtual int memfd_create(const char* name, unsigned flags) {
        return ::memfd_create(name, flags);
    }

    virtual int eventfd(unsigned initial, int flags) { return ::eventfd(initial, flags); }

    virtual int epoll_create(int flags) { return ::epoll_create1(flags); }

    virtual int socketpair(int domain, int type, int protocol, int (&pair)[2]) {
        return ::socketpair(domain, type, protocol, pair);
    }

    virtual int pipe(int (&ends)[2], int flags) { return ::pipe2(ends, flags); }

    virtual int close_range(unsigned first, unsigned last, int flags) {
        return ::close_range(first, last, flags);
    }

    virtual int pidfd_open(pid_t pid) {
        return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    }

    virtual int mkdir(const char* path, mode_t mode) { return ::mkdir(path, mode); }

    virtual int rmdir(const char* path) { return ::rmdir(path); }

    static operating_system& real() {
        static operating_system instance;
        return instance;
    }
};

/// The broken-machine error of this folder: errno with the name of the call that set it.
[[noreturn]] inline void throw_errno(const char* call) {
    throw std::system_error(errno, std::generic_category(), call);
}

/// Passes a result on unless it is the -1 of a failed call.
template <class Result>
Result checked(Result result, const char* call) {
    if (result == Result(-1)) throw_errno(call);
    return result;
}

/// Calls again what a signal has interrupted. A host program's handlers need not ask for
/// SA_RESTART.
template <class Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result == -1 && errno == EINTR) result = call();
    return result;
}

}  // namespace restful_functions::process
