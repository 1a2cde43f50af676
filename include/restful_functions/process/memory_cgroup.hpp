/// memory_cgroup: a control group of our own, and below it one for each call whose memory is
/// limited. The kernel counts there what the call and all its children use together.
#pragma once

#include <restful_functions/detail/cgroup.hpp>
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/limits.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/protocol.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::process {

namespace detail {

using restful_functions::detail::cgroup_place_of;
using restful_functions::detail::text_of;

/// Whether the file took the whole text; one that is not there is not made.
inline bool write_text(const std::string& path, std::string_view text) {
    const restful_functions::detail::unique_fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Whether a list of words, as in cgroup.controllers, has this one.
inline bool has_word(const std::string& list, std::string_view wanted) {
    std::istringstream words(list);
    for (std::string word; words >> word;) {
        if (word == wanted) return true;
    }
    return false;
}

/// The number behind a key, as in memory.events; 0 when the key is not there.
inline std::uint64_t value_of(const std::string& table, std::string_view wanted) {
    std::istringstream lines(table);
    std::string key;
    for (std::uint64_t value = 0; lines >> key >> value;) {
        if (key == wanted) return value;
    }
    return 0;
}

/// The groups directly below one; the files of a group are no directories.
inline std::vector<std::string> groups_in(const std::string& group) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(group.c_str()), ::closedir);
    while (const dirent* entry = list ? ::readdir(list.get()) : nullptr) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    return names;
}

/// Whether whoever rules the groups has given this one to its processes to divide: systemd says so
/// by an attribute, a container by showing nothing above. The root of the machine has no type.
inline bool is_delegated(const std::string& group, const std::string& top) {
    char value = 0;
    if (::getxattr(group.c_str(), "user.delegate", &value, 1) == 1 && value == '1') return true;
    return group == top && ::access((group + "/cgroup.type").c_str(), F_OK) == 0;
}

}  // namespace detail

struct existing_group {
    std::string directory;  ///< empty without one
};

/// Constructed, the group is there, or the machine does not let us have one and nothing below has
/// any effect; destroyed, all its processes have ended and it is gone.
///
/// A group that has processes cannot divide memory among groups below, unless it is the machine's
/// root ("no internal processes", cgroups(7)). So ours is made in the server's own group or, if
/// that one is delegated, in the group above: never where it would escape from somebody's limits.
class memory_cgroup {
 public:
    /// `self` is the directory of the process in proc(5).
    explicit memory_cgroup(operating_system& system, const std::string& self = "/proc/self")
        : system_(system), owner_(::getpid()) {
        const auto place = detail::cgroup_place_of(detail::text_of(self + "/cgroup"),
                                                   detail::text_of(self + "/mountinfo"));
        if (!place || make_in(place->own) || place->own == place->top) return;
        const std::string above = place->own.substr(0, place->own.rfind('/'));
        if (detail::is_delegated(above, place->top)) make_in(above);
    }
    /// The group of another process.
    memory_cgroup(operating_system& system, const existing_group& other)
        : system_(system), owner_(0), directory_(other.directory) {}
    memory_cgroup(const memory_cgroup&) = delete;
    memory_cgroup& operator=(const memory_cgroup&) = delete;

    /// Leaves the group to the process that made it.
    ~memory_cgroup() {
        if (::getpid() == owner_) remove();
    }

    /// The directory of the group; empty without one.
    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

    /// Puts the process that calls it, which is `self`, and all that it will fork into a group that
    /// may use `most` bytes, and removes those of its slot's former processes. It takes the kernel
    /// some milliseconds where the groups are not mounted with `favordynmods`.
    void enter(process_id self, bytes most) const {
        if (directory_.empty()) return;
        const std::string prefix = std::to_string(self.slot) + "-";
        for (const std::string& name : detail::groups_in(directory_)) {
            if (name.starts_with(prefix)) system_.rmdir((directory_ + "/" + name).c_str());
        }
        const std::string group = group_of(self);
        if (system_.mkdir(group.c_str(), 0755) != 0) return;
        if (!detail::write_text(group + "/memory.max", std::to_string(most.value))) return;
        detail::write_text(group + "/memory.swap.max", "0");  // is not there without swap
        detail::write_text(group + "/memory.oom.group", "1");
        detail::write_text(group + "/cgroup.procs", "0");
    }

    /// Whether the kernel has killed processes of this one's group because the group was full, and
    /// not because the whole machine was.
    [[nodiscard]] bool ran_out(process_id process) const {
        if (directory_.empty()) return false;
        const std::string events = detail::text_of(group_of(process) + "/memory.events");
        return detail::value_of(events, "oom") > 0 && detail::value_of(events, "oom_kill") > 0;
    }

    /// Kills what is left in the group and removes it. For whoever is the last to need it.
    void remove() const {
        if (directory_.empty()) return;
        detail::write_text(directory_ + "/cgroup.kill", "1");  // since Linux 5.14
        wait_until_empty();
        remove(directory_);
    }

 private:
    static constexpr std::chrono::milliseconds death_time{1000};

    bool make_in(const std::string& home) {
        if (!detail::has_word(detail::text_of(home + "/cgroup.controllers"), "memory")) {
            return false;
        }
        const std::string divided = home + "/cgroup.subtree_control";
        if (!detail::has_word(detail::text_of(divided), "memory") &&
            !detail::write_text(divided, "+memory")) {
            return false;
        }
        // The number of a process of another container may be the same.
        const std::string name = home + "/restful-functions-" + std::to_string(owner_);
        std::string made = name;
        for (int others = 1; system_.mkdir(made.c_str(), 0755) != 0; ++others) {
            if (errno != EEXIST || others > most_others) return false;
            made = name + "-" + std::to_string(others);
        }
        if (!detail::write_text(made + "/cgroup.subtree_control", "+memory")) {
            system_.rmdir(made.c_str());
            return false;
        }
        directory_ = std::move(made);
        return true;
    }

    [[nodiscard]] std::string group_of(process_id process) const {
        return directory_ + "/" + std::to_string(process.slot) + "-" +
               std::to_string(process.generation);
    }

    /// The kernel tells of the last one's end by an exceptional condition of the file.
    void wait_until_empty() const {
        const std::string path = directory_ + "/cgroup.events";
        const restful_functions::detail::unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        const auto until = std::chrono::steady_clock::now() + death_time;
        for (;;) {
            char text[128] = {};
            if (::pread(file.get(), text, sizeof text - 1, 0) <= 0) return;
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                until - std::chrono::steady_clock::now());
            if (detail::value_of(text, "populated") == 0 || left.count() <= 0) return;
            pollfd changed{file.get(), POLLPRI, 0};
            ::poll(&changed, 1, static_cast<int>(left.count()));
        }
    }

    /// A function may have made groups in its own.
    void remove(const std::string& group) const {
        for (const std::string& name : detail::groups_in(group)) remove(group + "/" + name);
        system_.rmdir(group.c_str());
    }

    static constexpr int most_others = 100;

    operating_system& system_;
    pid_t owner_;
    std::string directory_;
};

}  // namespace restful_functions::process
