/// A process and its control groups, as files that a test writes.
#pragma once

#include "../temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace test {

/// A made-up machine: files of the process in proc/, groups below cgroup/.
class made_up_machine {
 public:
    made_up_machine& says(const std::string& file, const std::string& text) {
        const std::filesystem::path path = directory_.file(file);
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text << '\n';
        return *this;
    }

    /// `root` of the hierarchy is what the mount shows.
    made_up_machine& mounts(const std::string& type, const std::string& root,
                            const std::string& options) {
        mounts_ += "30 23 0:26 " + root + " " + directory_.file("cgroup/" + type + options) +
                   " rw,nosuid shared:4 - " + type + " cgroup rw," + options + "\n";
        return says("proc/mountinfo", mounts_);
    }

    /// The directory of the process in proc(5).
    [[nodiscard]] std::string self() const { return directory_.file("proc"); }

 private:
    temporary_directory directory_;
    std::string mounts_;
};

}  // namespace test
