/// A descriptor that this process may use, but not open a second time, as long as this lives.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

class not_to_be_opened {
 public:
    /// Throws std::system_error when it can be opened nevertheless.
    explicit not_to_be_opened(int descriptor) {
        check(::fchmod(descriptor, 0), "fchmod");
        if (was_root_) {  // who may open anything
            check(::seteuid(nobody), "seteuid");
            ::prctl(PR_SET_DUMPABLE, 1);  // otherwise not even /proc/self/fd is there
        }
        const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
        if (::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY) >= 0 || errno != EACCES) {
            check(-1, "open was to be refused");
        }
    }
    not_to_be_opened(const not_to_be_opened&) = delete;
    not_to_be_opened& operator=(const not_to_be_opened&) = delete;
    ~not_to_be_opened() {
        if (was_root_ && ::seteuid(0) == 0) ::prctl(PR_SET_DUMPABLE, 1);
    }

 private:
    static constexpr uid_t nobody = 65534;

    static void check(int result, const char* call) {
        if (result != 0) throw std::system_error(errno, std::generic_category(), call);
    }

    bool was_root_ = ::geteuid() == 0;
};
