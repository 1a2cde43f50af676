#include "../address_sanitizer.hpp"
#include "calls.hpp"

#include <sys/resource.h>

#include <csignal>
#include <new>

using namespace test;
using namespace std::chrono_literals;
using namespace restful_functions::literals;

namespace {

std::string burn_processor_time(std::string_view) {
    volatile bool for_ever = true;
    while (for_ever) {
    }
    return "";
}

std::string allocate(std::string_view) {
    std::vector<char> memory(512 << 20, 'x');
    return std::to_string(memory.size());
}

}  // namespace

TEST_CASE("an allocation above the memory limit ends the call as out of memory" *
          doctest::skip(address_sanitizer)) {
    calls all({allocate, echo}, few, operating_system::real(),
              {{.limits = {.memory = 256_MiB}}, {}});
    const outcome end = all.run(0);
    REQUIRE_MESSAGE(std::holds_alternative<out_of_memory>(end), describe(end));
    CHECK(std::get<out_of_memory>(end).limit == 256_MiB);
    CHECK(all.result(1, "others go on") == "others go on");
}

TEST_CASE("what the program held before does not count against the memory limit" *
          doctest::skip(address_sanitizer)) {
    const std::vector<char> held(512 << 20, 'x');
    calls all({[&](std::string_view) {
                  const std::vector<char> mine(16 << 20, 'y');
                  return std::string(1, held.back()) + mine.back();
              }},
              few, operating_system::real(), {{.limits = {.memory = 64_MiB}}});
    CHECK(all.result(0) == "xy");
}

TEST_CASE("an impossible allocation is out of memory without a limit too" *
          doctest::skip(address_sanitizer)) {
    calls all({[](std::string_view) -> std::string {
        std::vector<int> impossible(1'000'000'000'000);
        return std::to_string(impossible.size());
    }});
    const outcome end = all.run(0);
    REQUIRE_MESSAGE(std::holds_alternative<out_of_memory>(end), describe(end));
    CHECK_FALSE(std::get<out_of_memory>(end).limit.has_value());
}

TEST_CASE("an allocation that fails where nobody may throw is out of memory as well" *
          doctest::skip(address_sanitizer)) {
    calls all({[](std::string_view) -> std::string {
        [[maybe_unused]] const auto size = []() noexcept {
            return std::vector<int>(1'000'000'000'000).size();
        }();
        return "";
    }});
    CHECK(all.sentence(0) == "out of memory");
}

TEST_CASE("a busy loop ends at its processor time") {
    calls all({burn_processor_time}, few, operating_system::real(), {{.limits = {.cpu = 1s}}});
    const outcome end = all.run(0);
    REQUIRE_MESSAGE(std::holds_alternative<cpu_limit>(end), describe(end));
    CHECK(std::get<cpu_limit>(end).limit == 1s);
}

TEST_CASE("a busy loop that ignores SIGXCPU ends at its processor time too") {
    calls all({[](std::string_view) {
                  std::signal(SIGXCPU, SIG_IGN);
                  return burn_processor_time({});
              }},
              few, operating_system::real(), {{.limits = {.cpu = 1s}}});
    CHECK(all.sentence(0) == "used more than 1 s of processor time");
}

TEST_CASE("open files, the size of files and the stack are limited for the call alone") {
    const body limits_here = [](std::string_view) {
        std::string text;
        for (const auto resource : {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_STACK, RLIMIT_NPROC}) {
            rlimit now{};
            ::getrlimit(resource, &now);
            text += std::to_string(now.rlim_cur) + "/" + std::to_string(now.rlim_max) + " ";
        }
        return text;
    };
    calls all(
        {limits_here, limits_here}, few, operating_system::real(),
        {{}, {.limits = {.processes = 100, .open_files = 10, .file_size = 1_KiB, .stack = 1_MiB}}});
    const std::string unlimited = all.result(0);
    CHECK(all.result(1) == "10/10 1024/1024 1048576/1048576 100/100 ");
    CHECK(all.result(0) == unlimited);
}

TEST_CASE("a file that grows above its limit ends the call with the signal's name") {
    calls all({[](std::string_view) {
                  const int file = ::memfd_create("large", 0);
                  return std::to_string(::write(file, std::string(2000, 'x').data(), 2000) +
                                        ::write(file, "y", 1));
              }},
              few, operating_system::real(), {{.limits = {.file_size = 1_KiB}}});
    CHECK(all.sentence(0) == "killed by SIGXFSZ (File size limit exceeded)");
}

TEST_CASE("the log of a call is not a file that grows") {
    calls all({[](std::string_view) {
                  std::printf("%s", std::string(5000, 'x').c_str());
                  return std::string("printed");
              }},
              few, operating_system::real(), {{.limits = {.file_size = 1_KiB}}});
    CHECK(all.departure_of(all.start(0)).log.text.size() == 5000);
}

TEST_CASE("what a call used is known when its process is gone") {
    calls all({[](std::string_view) {
                   const std::vector<char> touched(64 << 20, 'x');
                   return std::string(1, touched.back());
               },
               [](std::string_view) -> std::string {
                   timespec used{};
                   while (used.tv_nsec < 50'000'000) {
                       ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
                   }
                   std::abort();
               }});
    const usage of_memory = all.departure_of(all.start(0)).used;
    CHECK(of_memory.peak_resident_bytes >= 64u << 20);
    CHECK(of_memory.minor_faults > 0);
    const usage of_time = all.departure_of(all.start(1)).used;
    CHECK(of_time.user + of_time.system >= 50ms);
}
