#include <restful_functions/process/memory_cgroup.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <fstream>
#include <string>

using namespace restful_functions::process;
using restful_functions::bytes;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const std::string& path) { return detail::text_of(path); }

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

/// Makes and removes groups as the kernel does: with the files in them.
class cgroup_files final : public operating_system {
 public:
    int refuses_with = 0;
    bool refuses_to_divide = false;

    int mkdir(const char* path, mode_t mode) override {
        if (refuses_with != 0) {
            errno = refuses_with;
            return -1;
        }
        const int result = operating_system::mkdir(path, mode);
        const std::string group = path;
        if (result == 0) {
            for (const char* file : {"/cgroup.procs", "/memory.max", "/memory.swap.max",
                                     "/memory.oom.group", "/cgroup.kill"}) {
                write(group + file, "");
            }
            write(group + "/cgroup.events", "populated 0\nfrozen 0\n");
            if (!refuses_to_divide) write(group + "/cgroup.subtree_control", "");
        }
        return result;
    }

    int rmdir(const char* path) override {
        for (const char* file :
             {"/cgroup.procs", "/memory.max", "/memory.swap.max", "/memory.oom.group",
              "/cgroup.kill", "/cgroup.events", "/cgroup.subtree_control", "/memory.events"}) {
            ::unlink((std::string(path) + file).c_str());
        }
        return operating_system::rmdir(path);
    }
};

/// A directory with what a process sees in /proc/self, and the root of a version 2 hierarchy.
class machine {
 public:
    machine() {
        ::mkdir(top().c_str(), 0755);
        write(self() + "/mountinfo", "25 30 0:23 / /sys rw shared:7 - sysfs sysfs rw\n" +
                                         std::string("35 25 0:30 / ") + top() +
                                         " rw,nosuid shared:9 - cgroup2 cgroup2 rw\n");
        live_in("/");
        divide(top(), "cpu memory pids", "");
    }
    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;

    [[nodiscard]] const std::string& self() const { return directory_.path(); }
    [[nodiscard]] std::string top() const { return directory_.file("groups"); }

    void live_in(const std::string& group) const {
        write(self() + "/cgroup", "0::" + group + "\n");
    }

    static void divide(const std::string& group, const std::string& available,
                       const std::string& divided) {
        write(group + "/cgroup.controllers", available + "\n");
        write(group + "/cgroup.subtree_control", divided + "\n");
    }

    /// A group that has processes: it refuses to be divided.
    [[nodiscard]] std::string occupied(const std::string& name) const {
        const std::string group = top() + "/" + name;
        ::mkdir(group.c_str(), 0755);
        write(group + "/cgroup.controllers", "memory\n");
        ::mkdir((group + "/cgroup.subtree_control").c_str(), 0755);
        return group;
    }

    [[nodiscard]] std::string directory_of_ours() {
        const memory_cgroup ours(system, self());
        return ours.directory();
    }

    cgroup_files system;

 private:
    temporary_directory directory_;
};

const process_id member{.slot = 3, .generation = 7};

}  // namespace

TEST_CASE("a group is made in that of the server, and memory is divided in both") {
    machine its;
    const memory_cgroup ours(its.system, its.self());
    CHECK(ours.directory() == its.top() + "/restful-functions-" + std::to_string(::getpid()));
    CHECK(read(its.top() + "/cgroup.subtree_control") == "+memory");
    CHECK(read(ours.directory() + "/cgroup.subtree_control") == "+memory");
}

TEST_CASE("what is divided already is not written again") {
    machine its;
    machine::divide(its.top(), "cpu memory", "cpu memory");
    const memory_cgroup ours(its.system, its.self());
    CHECK_FALSE(ours.directory().empty());
    CHECK(read(its.top() + "/cgroup.subtree_control") == "cpu memory\n");
}

TEST_CASE("two groups of the same process number have names of their own") {
    machine its;
    const memory_cgroup one(its.system, its.self());
    const memory_cgroup other(its.system, its.self());
    CHECK(other.directory() == one.directory() + "-1");
}

TEST_CASE("no group is made where the machine has none for us") {
    machine its;
    SUBCASE("version 1 alone") { write(its.self() + "/cgroup", "4:memory:/a\n1:cpu:/\n"); }
    SUBCASE("version 2 is not mounted") {
        write(its.self() + "/mountinfo", "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw\n");
    }
    SUBCASE("nothing in /proc") {
        write(its.self() + "/cgroup", "");
        write(its.self() + "/mountinfo", "");
    }
    SUBCASE("the server's group lies outside of what is seen") { its.live_in("/../other"); }
    SUBCASE("the server's group has been removed") { its.live_in("/gone (deleted)"); }
    SUBCASE("memory is divided elsewhere") { machine::divide(its.top(), "hugetlb memory_x", ""); }
    SUBCASE("mkdir is refused") { its.system.refuses_with = EROFS; }
    SUBCASE("every name is taken") { its.system.refuses_with = EEXIST; }
    SUBCASE("the server's group may not be divided") {
        ::unlink((its.top() + "/cgroup.subtree_control").c_str());
    }
    SUBCASE("the new group may not be divided") { its.system.refuses_to_divide = true; }

    const memory_cgroup none(its.system, its.self());
    CHECK(none.directory().empty());
    none.enter(member, bytes{1000});
    CHECK_FALSE(none.ran_out(member));
    none.remove();
    CHECK(detail::groups_in(its.top()).empty());
}

TEST_CASE("a server in a group below a delegated one gets a group beside its own") {
    machine its;
    static_cast<void>(its.occupied("server"));
    its.live_in("/server");
    const std::string beside = its.top() + "/restful-functions-" + std::to_string(::getpid());
    SUBCASE("nobody has delegated it") { CHECK(its.directory_of_ours().empty()); }
    SUBCASE("it is the root of a container") {
        write(its.top() + "/cgroup.type", "domain\n");
        CHECK(its.directory_of_ours() == beside);
    }
    SUBCASE("systemd has delegated it") {
        if (::setxattr(its.top().c_str(), "user.delegate", "1", 1, 0) != 0) return;
        CHECK(its.directory_of_ours() == beside);
    }
}

TEST_CASE("a group above the delegated one is left alone") {
    machine its;
    ::mkdir((its.top() + "/system").c_str(), 0755);
    machine::divide(its.top() + "/system", "memory", "memory");
    static_cast<void>(its.occupied("system/service"));
    write(its.top() + "/cgroup.type", "domain\n");
    its.live_in("/system/service");
    CHECK(its.directory_of_ours().empty());
}

TEST_CASE("the server's directory is found where a part of the hierarchy is mounted") {
    const auto place_of = [](const std::string& group, const std::string& root) {
        const auto place = detail::cgroup_place_of(
            "4:memory:/x\n0::" + group + "\n", "35 25 0:30 " + root + " /groups rw - cgroup2 x rw");
        return place ? place->top + " " + place->own : "none";
    };
    CHECK(place_of("/", "/") == "/groups /groups");
    CHECK(place_of("/a/b", "/") == "/groups /groups/a/b");
    CHECK(place_of("/a/b", "/a") == "/groups /groups/b");
    CHECK(place_of("/a", "/a") == "/groups /groups");
    CHECK(place_of("/ab", "/a") == "none");
    CHECK(place_of("/", "/a") == "none");
}

TEST_CASE("a process enters a group that is limited") {
    machine its;
    const memory_cgroup ours(its.system, its.self());
    ours.enter(member, bytes{64 << 20});
    const std::string group = ours.directory() + "/3-7";
    CHECK(read(group + "/memory.max") == "67108864");
    CHECK(read(group + "/memory.swap.max") == "0");
    CHECK(read(group + "/memory.oom.group") == "1");
    CHECK(read(group + "/cgroup.procs") == "0");
}

TEST_CASE("a process removes the groups of its slot's former processes, and no other") {
    machine its;
    const memory_cgroup ours(its.system, its.self());
    ours.enter({.slot = 3, .generation = 1}, bytes{1});
    ours.enter({.slot = 30, .generation = 1}, bytes{1});
    ours.enter(member, bytes{1});
    CHECK_FALSE(exists(ours.directory() + "/3-1"));
    CHECK(exists(ours.directory() + "/3-7"));
    CHECK(exists(ours.directory() + "/30-1"));
}

TEST_CASE("a process does not enter a group without a limit") {
    machine its;
    const memory_cgroup ours(its.system, its.self());
    its.system.refuses_with = EAGAIN;
    ours.enter(member, bytes{1});
    CHECK_FALSE(exists(ours.directory() + "/3-7"));
}

TEST_CASE("a group ran out of memory when it was full and the kernel killed in it") {
    machine its;
    const memory_cgroup ours(its.system, its.self());
    CHECK_FALSE(ours.ran_out(member));
    ours.enter(member, bytes{1});
    const std::string events = ours.directory() + "/3-7/memory.events";
    CHECK_FALSE(ours.ran_out(member));
    write(events, "low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\noom_group_kill 0\n");
    CHECK_FALSE(ours.ran_out(member));
    write(events, "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n");
    CHECK_FALSE(ours.ran_out(member));  // the machine ran out
    write(events, "low 0\nhigh 0\nmax 12\noom 1\noom_kill 2\noom_group_kill 1\n");
    CHECK(ours.ran_out(member));
}

TEST_CASE("no directory is left behind, not even one that a function made") {
    machine its;
    {
        const memory_cgroup ours(its.system, its.self());
        ours.enter(member, bytes{1});
        its.system.mkdir((ours.directory() + "/3-7/nested").c_str(), 0755);
    }
    CHECK(detail::groups_in(its.top()).empty());
}
