/// cgroup: where this process stands among the control groups that it can see.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace restful_functions::detail {

/// What a file of the kernel holds; empty when it cannot be read.
inline std::string text_of(const std::string& path) {
    std::string text;
    const restful_functions::detail::unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char portion[4096];
    for (ssize_t size = 0; (size = ::read(file.get(), portion, sizeof portion)) > 0;) {
        text.append(portion, static_cast<std::size_t>(size));
    }
    return text;
}

/// A directory of control groups.
struct cgroup_place {
    std::string top;  ///< where the groups are mounted
    std::string own;  ///< the directory of the process's group: `top` or below
};

/// Whether a list that commas separate has this word.
inline bool has_item(std::string_view list, std::string_view wanted) {
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        if (list.substr(begin, end - begin) == wanted) return true;
        begin = end + 1;
    }
    return false;
}

/// The group in version 1's hierarchy of `controller`, or without one in version 2, from
/// /proc/self/cgroup and /proc/self/mountinfo (cgroups(7), proc(5)). nullopt where that hierarchy
/// is not there or the group is not to be seen from here.
inline std::optional<cgroup_place> cgroup_place_of(const std::string& membership,
                                                   const std::string& mounts,
                                                   std::string_view controller = {}) {
    std::string path;
    std::istringstream groups(membership);
    for (std::string line; std::getline(groups, line);) {  // number:controllers:path
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
        if (controller.empty() ? line.starts_with("0::") : has_item(controllers, controller)) {
            path = line.substr(second + 1);
        }
    }
    if (!path.starts_with('/') || path.starts_with("/..")) return std::nullopt;
    std::istringstream lines(mounts);
    for (std::string line; std::getline(lines, line);) {
        const std::string_view type = controller.empty() ? " - cgroup2 " : " - cgroup ";
        if (line.find(type) == std::string::npos) continue;
        const auto options = std::string_view(line).substr(line.rfind(' ') + 1);
        if (!controller.empty() && !has_item(options, controller)) continue;
        std::istringstream fields(line);
        std::string skipped;
        std::string root;
        std::string top;
        fields >> skipped >> skipped >> skipped >> root >> top;
        if (root == "/") root.clear();
        const std::string below = path == "/" ? "" : path;
        if (below == root) return cgroup_place{top, top};
        if (below.starts_with(root + "/"))
            return cgroup_place{top, top + below.substr(root.size())};
    }
    return std::nullopt;
}

/// Calls `visit(const std::string& directory, std::string_view controller)` for the group of the
/// process, with the controller of version 1 or an empty one for version 2, and for those above it.
/// `self` is the directory of the process in proc(5).
template <class Visit>
void visit_cgroups(const std::string& self, std::string_view controller, Visit visit) {
    const std::string membership = text_of(self + "/cgroup");
    const std::string mounts = text_of(self + "/mountinfo");
    for (const std::string_view its : {std::string_view(), controller}) {
        const auto place = cgroup_place_of(membership, mounts, its);
        if (!place) continue;
        for (std::string group = place->own;; group.resize(group.rfind('/'))) {
            visit(group, its);
            if (group.size() <= place->top.size()) break;
        }
    }
}

}  // namespace restful_functions::detail
