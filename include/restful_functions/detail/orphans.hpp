/// orphans: the processes that a program inherits as the first one of its container.
#pragma once

#include <restful_functions/detail/cgroup.hpp>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace restful_functions::detail {

/// The children that the library waits for itself, as long as there is an object for each.
class awaited_child {
 public:
    explicit awaited_child(pid_t child) : child_(child) {
        const std::lock_guard lock(all().guard);
        all().children.push_back(child);
    }
    awaited_child(const awaited_child&) = delete;
    awaited_child& operator=(const awaited_child&) = delete;
    ~awaited_child() {
        const std::lock_guard lock(all().guard);
        all().children.erase(std::find(all().children.begin(), all().children.end(), child_));
    }

    [[nodiscard]] static bool is_one(pid_t child) {
        const std::lock_guard lock(all().guard);
        return std::find(all().children.begin(), all().children.end(), child) !=
               all().children.end();
    }

 private:
    struct list {
        std::mutex guard;
        std::vector<pid_t> children;
    };
    static list& all() {
        static list instance;
        return instance;
    }

    pid_t child_;
};

/// Orphans become children of the main thread of the first process (pid_namespaces(7)), where
/// nothing tells them from children that this thread has forked. So a child counts as an orphan
/// that was not there when the object was made, that the library does not wait for, and that is not
/// another thread's. The main thread must not fork others meanwhile that it waits for later.
class orphans {
 public:
    orphans() : known_(children()) {}

    /// Whether this is the main thread of the first process, and the system lists its children.
    [[nodiscard]] static bool come_here() {
        return ::getpid() == 1 && ::gettid() == 1 && ::access(list, R_OK) == 0;
    }

    /// Waits for those that have ended. Never blocks.
    void reap() {
        const std::vector<pid_t> now = children();
        std::erase_if(known_, [&](pid_t each) {
            return std::find(now.begin(), now.end(), each) == now.end();
        });
        for (const pid_t each : now) {
            if (std::find(known_.begin(), known_.end(), each) == known_.end() &&
                !awaited_child::is_one(each)) {
                ::waitpid(each, nullptr, WNOHANG);
            }
        }
    }

 private:
    /// Needs a kernel with CONFIG_PROC_CHILDREN (proc(5)).
    static constexpr const char* list = "/proc/thread-self/children";

    static std::vector<pid_t> children() {
        std::vector<pid_t> all;
        std::istringstream numbers(text_of(list));
        for (pid_t each = 0; numbers >> each;) all.push_back(each);
        return all;
    }

    std::vector<pid_t> known_;
};

}  // namespace restful_functions::detail
