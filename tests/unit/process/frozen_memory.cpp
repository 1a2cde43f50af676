#include <restful_functions/process/frozen_memory.hpp>

#include "../address_sanitizer.hpp"
#include "calls.hpp"
#include "rewinds.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

using namespace test;

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t bulk = std::size_t{96} << 20;

/// In KiB.
constexpr std::size_t tables_of_loaded = bulk / page * sizeof(void*) / 1024;

/// A large array and many small nodes, which a program may load before it starts its server.
struct loaded {
    std::vector<int> numbers;
    std::unordered_map<int, std::string> nodes;

    loaded() : numbers(bulk / sizeof(int)) {
        std::iota(numbers.begin(), numbers.end(), 0);
        for (int key = 0; key < 20'000; ++key) nodes.emplace(key, std::to_string(key));
    }

    [[nodiscard]] bool is_as_loaded() const {
        return std::is_sorted(numbers.begin(), numbers.end()) && numbers.back() != 0 &&
               nodes.size() == 20'000 && nodes.at(19'999) == "19999";
    }
};

/// Of a file of /proc, in KiB.
std::size_t figure_of(const std::string& path, std::string_view key) {
    std::ifstream figures(path);
    for (std::string line; std::getline(figures, line);) {
        if (line.starts_with(key)) return std::stoul(line.substr(key.size() + 1));
    }
    return 0;
}

std::size_t status_of(std::string_view key) { return figure_of("/proc/self/status", key); }

/// What a process has for itself, and its share of what it has in common with others, in KiB.
std::size_t own_memory_of(pid_t process) {
    return figure_of("/proc/" + std::to_string(process) + "/smaps_rollup", "Pss_Anon");
}

/// What the files of frozen memory hold that this process has open, in KiB.
std::size_t frozen_memory_held() {
    std::size_t held = 0;
    for (const auto& descriptor : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(descriptor, gone) != frozen_file_path) continue;
        struct stat file {};
        if (::stat(descriptor.path().c_str(), &file) == 0)
            held += static_cast<std::size_t>(file.st_blocks) / 2;
    }
    return held;
}

std::size_t page_tables() { return status_of("VmPTE"); }

/// Pages of the frozen memory that this process has written, and that a fork has to copy. -1: its
/// mappings cannot be read, -2: their pages cannot.
int written_frozen_pages() {
    const detail::outside_memory<mapping_list> list;  // the heap would be written to
    int count = 0;
    if (!read_memory_map(*list)) return -1;
    const detail::page_states pages;
    std::array<std::uint64_t, 1> state{};
    for (const mapping& known : *list) {
        if (known.file != detail::program_view.file || known.shared) continue;
        for (std::uintptr_t at = known.begin; at < known.end; at += page) {
            if (!pages.read(at, 1, state)) return -2;
            count += detail::page_states::is_anonymous(state[0]);
        }
    }
    return count;
}

/// In a process of its own. The exit status is what `work` returns.
template <class Work>
int in_a_process(Work work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

std::vector<call_policy> policies(isolation how, std::size_t count = 1) {
    return std::vector<call_policy>(count, {.isolation = how});
}

bool freezing_skipped() {
    if (address_sanitizer) MESSAGE("skipped: sanitized memory is not frozen");
    return address_sanitizer;
}

bool filter_system_calls(std::span<sock_filter> filter) {
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// A filter as sandboxes have it: one system call fails with EPERM.
bool forbid(int system_call) {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(system_call), 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return filter_system_calls(filter);
}

/// As a kernel that does not know the request: the ioctl(2) fails with ENOTTY.
bool forget_request(unsigned long request) {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(request), 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return filter_system_calls(filter);
}

/// Freezes what a program has loaded, after `prepare`, and rewinds a process after calls.
template <class Prepare, class Call>
int rewind_loaded(Prepare prepare, Call call, int rounds = 3) {
    return in_a_process([&] {
        if (!prepare()) return int{ending::unprepared};
        loaded program;
        const auto image = frozen_memory::freeze(operating_system::real());
        return rewind_after([&](int) { return call(program); }, rounds);
    });
}

}  // namespace

TEST_CASE("frozen memory is what it was, can be written, and is there once") {
    if (freezing_skipped()) return;
    CHECK(in_a_process([] {
              loaded program;
              const std::size_t before = status_of("VmRSS");
              const auto image = frozen_memory::freeze(operating_system::real());
              if (!image) return 1;
              const std::size_t anonymous = status_of("RssAnon");
              if (!program.is_as_loaded()) return 2;
              if (anonymous > before / 10) return 3;
              if (status_of("VmRSS") > before * 5 / 4) return 4;
              program.numbers[500'000] = 7;
              program.nodes[7] = "seven";
              return program.numbers[500'000] == 7 && program.nodes[7] == "seven" ? 0 : 5;
          }) == 0);
}

TEST_CASE("a fork copies no page tables of frozen memory, also when some of it has been written") {
    if (freezing_skipped()) return;
    CHECK(in_a_process([] {
              const std::size_t most = page_tables() + tables_of_loaded / 2;
              loaded program;
              const auto image = frozen_memory::freeze(operating_system::real());
              if (!image || !program.is_as_loaded()) return 1;
              for (std::size_t i = 0; i < bulk / sizeof(int); i += bulk / sizeof(int) / 10) {
                  // The compiler may leave out a write that changes nothing. Nodes may lie in
                  // memory that an earlier test has frozen, and are not counted.
                  volatile int& number = program.numbers[i];
                  number = number;
                  program.nodes[static_cast<int>(i % 20'000)] += "";
              }
              const int written = written_frozen_pages();
              if (written <= 0) return 10 - written;
              frozen_memory::separate_written_pages(image->descriptor());
              if (written_frozen_pages() != 0) return 5;
              if (in_a_process([&] { return page_tables() > most ? 1 : 0; }) != 0) return 2;
              return program.is_as_loaded() &&
                             in_a_process([&] { return program.is_as_loaded() ? 0 : 1; }) == 0
                         ? 0
                         : 3;
          }) == 0);
}

TEST_CASE("what was written since it was frozen is frozen by the next server") {
    if (freezing_skipped()) return;
    CHECK(in_a_process([] {
              loaded program;
              const loaded left_alone;
              const auto first = frozen_memory::freeze(operating_system::real());
              if (!first) return 1;
              std::iota(program.numbers.begin() + 1, program.numbers.end(), 5);
              const std::size_t written = status_of("RssAnon");
              const auto second = frozen_memory::freeze(operating_system::real());
              if (!second) return 2;
              if (status_of("RssAnon") > written / 10) return 3;
              if (!left_alone.is_as_loaded() || !program.is_as_loaded()) return 4;
              return program.numbers[0] == 0 && program.numbers.back() == bulk / sizeof(int) + 3
                         ? 0
                         : 5;
          }) == 0);
}

TEST_CASE("a server that starts later leaves the memory of an earlier one as it was frozen") {
    if (freezing_skipped() || !can_rewind()) return;
    CHECK(in_a_process([] {
              auto* earlier = static_cast<char*>(::mmap(nullptr, bulk, PROT_READ | PROT_WRITE,
                                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
              std::memset(earlier, 1, bulk);
              const auto first = frozen_memory::freeze(operating_system::real());
              loaded program;
              const auto second = frozen_memory::freeze(operating_system::real());
              if (!first || !second) return int{ending::unprepared};
              ::madvise(earlier, page, MADV_DONTNEED);
              if (earlier[0] != 0 || earlier[page] != 1) return int{ending::unprepared};
              return rewind_after([&](int) {
                  const bool fresh =
                      program.is_as_loaded() && earlier[page] == 1 && earlier[bulk / 2] == 1;
                  program.nodes.clear();
                  program.numbers[5] = 0;
                  std::memset(earlier + page, 2, bulk - page);
                  return fresh;
              });
          }) == ending::fresh);
}

TEST_CASE("memory that a program has frozen and given back takes none when it freezes more") {
    if (freezing_skipped()) return;
    CHECK(in_a_process([] {
              struct stat earlier {};
              {
                  const loaded before;
                  const auto first = frozen_memory::freeze(operating_system::real());
                  if (!first || ::fstat(first->descriptor(), &earlier) != 0) return 1;
              }
              const loaded program;
              const auto second = frozen_memory::freeze(operating_system::real());
              const detail::outside_memory<mapping_list> list;
              if (!second || !read_memory_map(*list)) return 2;
              std::size_t left = 0;
              for (const mapping& known : *list) {
                  if (known.file.inode == earlier.st_ino) left += known.size();
              }
              return left < bulk / 4 ? 0 : 3;  // the heap's, which lies between what is in use
          }) == 0);
}

TEST_CASE("little memory is not frozen") {
    CHECK(in_a_process([] {
              return frozen_memory::freeze(operating_system::real()).has_value() ? 1 : 0;
          }) == 0);
}

TEST_CASE("memory that a new mapping would not replace stays as it is") {
    if (freezing_skipped()) return;
    CHECK(in_a_process([] {
              const auto map = [](int protection) {
                  void* memory =
                      ::mmap(nullptr, bulk, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  std::memset(memory, 1, bulk);
                  return static_cast<char*>(memory);
              };
              const char* executable = map(PROT_READ | PROT_WRITE | PROT_EXEC);
              char* wiped = map(PROT_READ | PROT_WRITE);
              ::madvise(wiped, bulk, MADV_WIPEONFORK);
              const auto image = frozen_memory::freeze(operating_system::real());
              return !image && executable[bulk / 2] == 1 &&
                             in_a_process([&] {
                                 return executable[bulk / 2] == 1 && wiped[bulk / 2] == 0 ? 0 : 1;
                             }) == 0
                         ? 0
                         : 1;
          }) == 0);
}

TEST_CASE("memory that is given back reads as zeros, as it did before it was frozen") {
    if (freezing_skipped()) return;
    CHECK(in_a_process([] {
              auto* memory = static_cast<char*>(::mmap(nullptr, bulk, PROT_READ | PROT_WRITE,
                                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
              std::memset(memory, 1, bulk);
              const auto image = frozen_memory::freeze(operating_system::real());
              if (!image) return 1;
              ::madvise(memory + page, page, MADV_DONTNEED);
              ::mprotect(memory + 8 * page, page, PROT_READ);
              ::madvise(memory + 8 * page, page, MADV_DONTNEED);
              const std::array wanted{1, 0, 1, 0};
              const std::array found{int{memory[0]}, int{memory[page]}, int{memory[2 * page]},
                                     int{memory[8 * page]}};
              return found == wanted ? 0 : 2;
          }) == 0);
}

TEST_CASE("a block of the heap that was frozen grows, and so does a mapping, by zeros") {
    if (freezing_skipped()) return;
    CHECK(
        in_a_process([] {
            auto* block = static_cast<char*>(std::malloc(bulk));
            std::memset(block, 1, bulk);
            auto* memory = static_cast<char*>(::mmap(nullptr, bulk + 2 * page, PROT_NONE,
                                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) +
                           page;
            ::mprotect(memory, bulk, PROT_READ | PROT_WRITE);  // a mapping beside no other
            std::memset(memory, 1, bulk);
            const loaded behind;
            const auto image = frozen_memory::freeze(operating_system::real());
            if (!image) return 1;
            block = static_cast<char*>(std::realloc(block, 2 * bulk));
            if (block == nullptr || block[0] != 1 || block[bulk - 1] != 1) return 2;
            std::memset(block + bulk, 2, bulk);
            void* grown = ::mremap(memory, bulk, 2 * bulk, MREMAP_MAYMOVE);
            if (grown == MAP_FAILED) return 3;
            memory = static_cast<char*>(grown);
            if (memory[0] != 1 || memory[bulk - 1] != 1) return 4;
            if (std::any_of(memory + bulk, memory + 2 * bulk, [](char each) { return each != 0; }))
                return 5;
            std::memset(memory + bulk, 2, bulk);
            return behind.is_as_loaded() && block[bulk] == 2 ? 0 : 6;
        }) == 0);
}

TEST_CASE("a call has a block of the program's heap grow") {
    constexpr std::size_t little = 400'000;
    auto* block = static_cast<char*>(std::malloc(little));
    std::memset(block, 1, little);
    for (const isolation how : all_isolations) {
        calls all({[&](std::string_view) {
                      block = static_cast<char*>(std::realloc(block, 8 << 20));
                      std::memset(block + little, 2, (8 << 20) - little);
                      const int sum = block[0] + block[little - 1] + block[(8 << 20) - 1];
                      block = static_cast<char*>(std::realloc(block, little));
                      return std::to_string(sum);
                  }},
                  few, operating_system::real(), policies(how));
        for (int call = 0; call < 3; ++call) CHECK(all.result(0) == "4");
    }
    std::free(block);
}

TEST_CASE("each call finds what the program has loaded, and writes to it for itself") {
    if (freezing_skipped()) return;
    auto program = std::make_unique<loaded>();
    for (const isolation how : {isolation::process, isolation::rewind}) {
        calls all({[&](std::string_view) {
                      const bool fresh = program->is_as_loaded();
                      program->numbers[1'000'000] = -1;
                      program->nodes.clear();
                      return std::string(fresh ? "fresh" : "stale");
                  }},
                  few, operating_system::real(), policies(how));
        for (int call = 0; call < 5; ++call) CHECK(all.result(0) == "fresh");
    }
    CHECK(program->is_as_loaded());
}

TEST_CASE("a reservation of a terabyte beside what the program has loaded takes no time") {
    if (freezing_skipped()) return;
    constexpr std::size_t terabyte = std::size_t{1} << 40;
    const loaded program;
    auto* reserved = static_cast<char*>(::mmap(nullptr, terabyte, PROT_READ | PROT_WRITE,
                                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    REQUIRE(reserved != MAP_FAILED);
    for (std::size_t part = 0; part < 4; ++part) reserved[part * terabyte / 4] = 1;
    for (const isolation how : {isolation::process, isolation::rewind}) {
        calls all({[&](std::string_view) {
                      const bool fresh = program.is_as_loaded() && reserved[0] == 1 &&
                                         reserved[terabyte / 4] == 1 && reserved[1] == 0;
                      reserved[terabyte / 4] = 2;
                      return std::string(fresh ? "fresh" : "stale");
                  }},
                  few, operating_system::real(), policies(how));
        for (int call = 0; call < 5; ++call) CHECK(all.result(0) == "fresh");
    }
    ::munmap(reserved, terabyte);
}

TEST_CASE("the server, its fork server and parked processes have the program's memory once") {
    if (freezing_skipped()) return;
    for (const isolation how : {isolation::process, isolation::rewind}) {
        const auto program = std::make_unique<loaded>();
        const std::size_t before = own_memory_of(::getpid());
        REQUIRE(before > bulk / 1024);
        calls all({[&](std::string_view) { return std::to_string(program->numbers[7]); }},
                  {.max_processes = 64, .warm_processes = 8}, operating_system::real(),
                  policies(how));
        CHECK(all.result(0) == "7");
        all.drive_until([&] { return all->count().parked >= 8; });
        std::size_t after = own_memory_of(::getpid()) + own_memory_of(all->fork_server_pid());
        for (const pid_t process : children_of(all->fork_server_pid()))
            after += own_memory_of(process);
        CHECK(frozen_memory_held() > bulk / 1024);
        CHECK(after + frozen_memory_held() < before * 5 / 4);
    }
}

TEST_CASE("a worker's calls find what the calls before them have written") {
    if (freezing_skipped()) return;
    const auto program = std::make_unique<loaded>();
    calls all({[&](std::string_view) { return std::to_string(program->numbers[1'000'000]++); }},
              few, operating_system::real(), policies(isolation::worker));
    CHECK(all.result(0) == "1000000");
    CHECK(all.result(0) == "1000001");
    CHECK(program->numbers[1'000'000] == 1'000'000);
}

TEST_CASE("a program with much memory is rewound") {
    if (freezing_skipped() || !can_rewind()) return;
    const auto program = std::make_unique<loaded>();
    calls all({[&](std::string_view) {
                  program->numbers[2'000'000] = 0;
                  return std::to_string(::getpid());
              }},
              few, operating_system::real(), policies(isolation::rewind));
    std::set<std::string> processes;
    for (int call = 0; call < 50; ++call) processes.insert(all.result(0));
    CHECK(processes.size() < 10);
    CHECK(all->count().kept == processes.size());
}

TEST_CASE("a program with much memory in many mappings is rewound") {
    if (!possible()) return;
    CHECK(in_a_process([] {
              constexpr std::size_t blocks = 40;
              constexpr std::size_t block = std::size_t{2} << 20;
              auto* const memory = static_cast<unsigned char*>(
                  ::mmap(nullptr, 2 * blocks * block, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
              for (std::size_t i = 0; i < blocks; ++i) {
                  if (::mprotect(memory + 2 * i * block, block, PROT_READ | PROT_WRITE) != 0)
                      return int{ending::unprepared};
                  std::memset(memory + 2 * i * block, 7, block);
              }
              const auto image = frozen_memory::freeze(operating_system::real());
              return rewind_after([&](int) {
                  bool fresh = true;
                  for (std::size_t i = 0; i < blocks; ++i)
                      fresh = fresh && std::exchange(memory[2 * i * block], 1) == 7;
                  return fresh;
              });
          }) == ending::fresh);
}

TEST_CASE("without a kernel that tells of single mappings, processes are rewound all the same") {
    if (!possible()) return;
    const auto write = [](loaded& program) {
        const bool fresh = program.is_as_loaded();
        program.nodes.clear();
        program.numbers[5] = 0;
        return fresh;
    };
    CHECK(rewind_loaded([] { return forget_request(detail::procmap_query); }, write) ==
          ending::fresh);
}

TEST_CASE("calls find what was loaded after the fork server was replaced") {
    if (freezing_skipped()) return;
    const auto program = std::make_unique<loaded>();
    calls all({[&](std::string_view) {
        return std::string(program->is_as_loaded() ? "fresh" : "stale");
    }});
    CHECK(all.result(0) == "fresh");
    const pid_t first = all->fork_server_pid();
    ::kill(first, SIGKILL);
    all.drive_until([&] {
        const pid_t now = all->fork_server_pid();
        return now != 0 && now != first;
    });
    CHECK(all.result(0) == "fresh");
}

TEST_CASE("with other threads in the program, the fork server freezes its copy") {
    if (freezing_skipped()) return;
    const std::size_t most = page_tables() + tables_of_loaded / 2;
    const auto program = std::make_unique<loaded>();
    std::atomic<bool> ends = false;
    std::thread other([&] { ends.wait(false); });
    {
        calls all({[&](std::string_view) {
            return std::string(page_tables() < most ? "frozen" : "copied");
        }});
        CHECK(all.result(0) == "frozen");
    }
    ends = true;
    ends.notify_all();
    other.join();
}

TEST_CASE("a system that refuses the file costs speed and nothing else") {
    if (freezing_skipped()) return;
    struct : operating_system {
        int memfd_create(const char* name, unsigned flags) override {
            if (std::string_view(name) != frozen_file_name) {
                return operating_system::memfd_create(name, flags);
            }
            errno = ENOSYS;
            return -1;
        }
    } without;
    const auto program = std::make_unique<loaded>();
    calls all({[&](std::string_view) {
                  return std::string(program->is_as_loaded() ? "fresh" : "stale");
              }},
              few, without);
    CHECK(all.result(0) == "fresh");
}

TEST_CASE("what is written before the first call is part of what a rewound process goes back to") {
    if (!possible()) return;
    CHECK(in_a_process([] {
              loaded program;
              const auto image = frozen_memory::freeze(operating_system::real());
              program.numbers[3'000'000] = -3;
              return rewind_after(
                  [&](int) {
                      const bool fresh = program.numbers[3'000'000] == -3 &&
                                         program.numbers[3'000'001] == 3'000'001 &&
                                         program.numbers[4] == 4;
                      program.numbers[3'000'000] = program.numbers[3'000'001] = 0;
                      for (std::size_t i = 0; i < 1'000'000; ++i) program.numbers[i] = 1;
                      return fresh;
                  },
                  20);
          }) == ending::fresh);
}

TEST_CASE("without userfaultfd, which many sandboxes forbid, processes are rewound all the same") {
    if (!possible()) return;
    const auto prepare = [] { return forbid(SYS_userfaultfd); };
    const auto unmap = [](loaded& program) {
        const bool fresh = program.is_as_loaded();
        program.nodes.clear();
        program.numbers.clear();
        program.numbers.shrink_to_fit();
        return fresh;
    };
    CHECK(rewind_loaded(prepare, unmap, 1) == ending::gave_up);  // a large mapping is gone
    const auto write = [](loaded& program) {
        const bool fresh = program.is_as_loaded();
        program.nodes.clear();
        program.numbers[5] = 0;
        std::vector<char>(1 << 20, 'a').swap(*new std::vector<char>);
        return fresh;
    };
    CHECK(rewind_loaded(prepare, write) == ending::fresh);
}
