/// program_descriptors: what the program had open before the first fork server was made, and what a
/// call finds of it.
#pragma once

#include <restful_functions/process/descriptor_table.hpp>
#include <restful_functions/process/operating_system.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace restful_functions::process {

/// What becomes of a descriptor in a call.
enum class inherited_as : std::uint8_t {
    reopened,  ///< a description of the call's own, at the program's position (open(2))
    shared,    ///< the program's description
    withheld,  ///< its number is taken, and answers EBADF
};

namespace detail {

struct program_descriptor {
    int number;
    inherited_as how;
    int status_flags;      ///< as of F_GETFL
    int descriptor_flags;  ///< as of F_GETFD
    mode_t type;           ///< S_IFMT
    dev_t device;
    ino_t inode;
    off_t position;  ///< -1: none
};

/// Memory of a server in this program that was started before: no business of another one's calls.
inline bool is_memory_of_ours(int number) {
    char link[32];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    char name[64];
    const ssize_t size = ::readlink(link, name, sizeof name);
    return size > 0 && std::string_view(name, static_cast<std::size_t>(size))
                           .starts_with("/memfd:restful-functions-");
}

/// The master side of a pseudo-terminal is a connection to the process on its other side (pts(4)).
inline bool is_terminal_master(const struct stat& what) {
    return S_ISCHR(what.st_mode) && what.st_rdev == ::makedev(5, 2);
}

inline inherited_as how_to_inherit(int number, const struct stat& what, int flags) {
    if ((flags & O_PATH) != 0) return inherited_as::shared;
    switch (what.st_mode & S_IFMT) {
        case S_IFDIR:
            return inherited_as::reopened;
        case S_IFREG:
            if (is_memory_of_ours(number)) return inherited_as::withheld;
            [[fallthrough]];
        case S_IFBLK:
            // With positions of their own, calls that write a log would write over each other.
            return (flags & (O_ACCMODE | O_APPEND)) == O_WRONLY ? inherited_as::shared
                                                                : inherited_as::reopened;
        case S_IFCHR:
            // It has no position, and opening it anew can have effects or give another device.
            return is_terminal_master(what) ? inherited_as::withheld : inherited_as::shared;
        default:
            return inherited_as::withheld;
    }
}

}  // namespace detail

/// Without the standard streams. The list is made once, so that nothing that the server opens
/// afterwards is on it. A fork server that takes another one's place inherits a file only where its
/// number is still that file's.
class program_descriptors {
 public:
    /// Lists what is open now.
    program_descriptors() {
        each_open_descriptor(STDERR_FILENO + 1, INT_MAX, [this](int number) {
            struct stat what {};
            const int flags = ::fcntl(number, F_GETFL);
            if (flags < 0 || ::fstat(number, &what) != 0) return;
            list_.push_back({.number = number,
                             .how = detail::how_to_inherit(number, what, flags),
                             .status_flags = flags,
                             .descriptor_flags = ::fcntl(number, F_GETFD),
                             .type = what.st_mode & S_IFMT,
                             .device = what.st_dev,
                             .inode = what.st_ino,
                             .position = -1});
        });
        std::sort(list_.begin(), list_.end(),
                  [](const auto& a, const auto& b) { return a.number < b.number; });
    }
    program_descriptors(const program_descriptors&) = delete;
    program_descriptors& operator=(const program_descriptors&) = delete;

    /// Where the files stand now is where calls find them. Only the first time: what is buffered
    /// for them has been written by then, and no call has moved one yet.
    void remember_positions() noexcept {
        if (has_positions_) return;
        has_positions_ = true;
        for (auto& each : list_) {
            if (each.how == inherited_as::reopened) {
                each.position = ::lseek(each.number, 0, SEEK_CUR);
            }
        }
    }

    /// Calls `visit(number)` for each, in ascending order.
    template <class Visit>
    void for_each_number(Visit visit) const {
        for (const auto& each : list_) visit(each.number);
    }

    /// The highest number; -1 without any.
    [[nodiscard]] int highest() const noexcept { return list_.empty() ? -1 : list_.back().number; }

    /// The lowest number from `lowest` on that begins a block of so many free ones.
    [[nodiscard]] int free_block(int lowest, int size) const noexcept {
        for (const auto& each : list_) {
            if (each.number >= lowest + size) break;
            if (each.number >= lowest) lowest = each.number + 1;
        }
        return lowest;
    }

    /// For the fork server: puts something that answers EBADF in the place of what calls do not
    /// get. Throws std::system_error when the system refuses.
    void withhold() {
        int nothing = -1;
        for (auto& each : list_) {
            if (!is_still_there(each)) each.how = inherited_as::withheld;
            if (each.how != inherited_as::withheld) continue;
            if (nothing < 0) {
                // No directory: openat(2) and fchdir(2) would take one.
                nothing = checked(::open("/dev/null", O_PATH | O_CLOEXEC), "open(/dev/null)");
                nothing = checked(::fcntl(nothing, F_DUPFD_CLOEXEC, highest() + 1),
                                  "fcntl(F_DUPFD_CLOEXEC)");
            }
            checked(::dup3(nothing, each.number, O_CLOEXEC), "dup3");
        }
    }

    /// Closes all but the standard streams, the program's, and those from `first` to `last`.
    void close_others(int first, int last, operating_system& system) const {
        int next = STDERR_FILENO + 1;
        const auto close_up_to = [&](int kept, int until) {
            close_descriptors(static_cast<unsigned>(next), static_cast<unsigned>(kept - 1), system);
            next = until + 1;
        };
        auto each = list_.begin();
        for (; each != list_.end() && each->number < first; ++each) {
            close_up_to(each->number, each->number);
        }
        close_up_to(first, last);
        for (; each != list_.end(); ++each) close_up_to(each->number, each->number);
        close_descriptors(static_cast<unsigned>(next), ~0U, system);
    }

    /// For the process of a call: what was a copy of the program's is its own from now on. A file
    /// that the system does not let it open stays shared.
    void reopen() noexcept {
        for (auto& each : list_) {
            if (each.how == inherited_as::reopened && !reopen(each)) {
                each.how = inherited_as::shared;
            }
        }
    }

    /// Undoes what a call does to the process's own descriptions, and releases its locks, which end
    /// with a process otherwise (fcntl(2), flock(2)).
    void put_back() const noexcept {
        for (const auto& each : list_) {
            if (each.type != S_IFREG || each.how == inherited_as::withheld) continue;
            struct flock all {};
            all.l_type = F_UNLCK;
            ::fcntl(each.number, F_SETLK, &all);
            if (each.how == inherited_as::reopened) ::fcntl(each.number, F_OFD_SETLK, &all);
        }
        for (const auto& each : list_) {
            if (each.how != inherited_as::reopened) continue;
            ::flock(each.number, LOCK_UN);
            if (each.position >= 0) ::lseek(each.number, each.position, SEEK_SET);
        }
    }

 private:
    /// Of those that can be asked for when a file is opened again; not O_TRUNC, O_CREAT and O_EXCL,
    /// nor O_ASYNC, whose signals are the program's.
    static constexpr int kept_flags =
        O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_DIRECT | O_NOATIME | O_DIRECTORY;

    static bool is_still_there(const detail::program_descriptor& each) noexcept {
        struct stat what {};
        const int flags = ::fcntl(each.number, F_GETFL);
        constexpr int same = O_ACCMODE | O_PATH;
        return flags >= 0 && (flags & same) == (each.status_flags & same) &&
               ::fstat(each.number, &what) == 0 && (what.st_mode & S_IFMT) == each.type &&
               what.st_dev == each.device && what.st_ino == each.inode;
    }

    static bool reopen(const detail::program_descriptor& each) noexcept {
        char link[32];
        std::snprintf(link, sizeof link, "/proc/self/fd/%d", each.number);
        const int flags = each.type == S_IFREG ? kept_flags & ~O_DIRECTORY : kept_flags;
        const restful_functions::detail::unique_fd own(
            ::open(link, (each.status_flags & flags) | O_CLOEXEC | O_NOCTTY));
        if (!own) return false;
        if (each.position > 0 && ::lseek(own.get(), each.position, SEEK_SET) < 0) return false;
        const bool closes = (each.descriptor_flags & FD_CLOEXEC) != 0;
        return ::dup3(own.get(), each.number, closes ? O_CLOEXEC : 0) >= 0;
    }

    std::vector<detail::program_descriptor> list_;
    bool has_positions_ = false;
};

}  // namespace restful_functions::process
