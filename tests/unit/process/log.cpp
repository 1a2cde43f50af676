#include "../not_to_be_opened.hpp"
#include "calls.hpp"

#include <atomic>
#include <cstdio>
#include <iostream>
#include <optional>
#include <thread>
#include <vector>

using namespace test;

namespace {

std::vector<std::byte> room(std::size_t capacity) {
    return std::vector<std::byte>(log_ring::header_size + capacity);
}

}  // namespace

TEST_CASE("a log holds what was appended") {
    auto memory = room(10);
    const log_ring log(memory.data(), 10);
    CHECK(log.read().text.empty());
    log.append("abc");
    log.append("def");
    CHECK(log.read().offset == 0);
    CHECK(log.read().text == "abcdef");
    log.clear();
    CHECK(log.read().text.empty());
}

TEST_CASE("a full log keeps the last bytes and says how many are gone") {
    auto memory = room(10);
    const log_ring log(memory.data(), 10);
    for (const char* text : {"0123456", "789abc", "de"}) {
        log.append(text);
    }
    CHECK(log.read().offset == 5);
    CHECK(log.read().text == "56789abcde");
    log.append("a text that is longer than the whole log");
    CHECK(log.read().text == " whole log");
    CHECK(log.read().offset == 15 + 40 - 10);
}

TEST_CASE("a reader that is overtaken sees only what belongs where it is") {
    static constexpr std::size_t capacity = 1000;
    auto memory = room(capacity);
    const log_ring log(memory.data(), capacity);
    std::atomic<bool> read_enough{false};
    // Each byte tells its place in the log.
    std::thread writer([&] {
        std::string text;
        for (std::uint64_t place = 0; !read_enough;) {
            text.clear();
            for (int i = 0; i < 97; ++i) text += static_cast<char>('a' + place++ % 23);
            log.append(text);
        }
    });
    bool all_in_place = true;
    for (int i = 0; i < 20'000; ++i) {
        const log_excerpt seen = log.read();
        for (std::size_t at = 0; at < seen.text.size(); ++at) {
            all_in_place =
                all_in_place && seen.text[at] == static_cast<char>('a' + (seen.offset + at) % 23);
        }
    }
    read_enough = true;
    writer.join();
    CHECK(all_in_place);
}

TEST_CASE("what a call prints is in its log when its process is gone") {
    calls all({[](std::string_view) {
        std::printf("by printf; ");
        std::fprintf(stderr, "by stderr; ");
        std::cout << "by cout; ";
        return std::string("printed");
    }});
    const call_id call = all.start(0);
    const log_excerpt log = all.departure_of(call).log;
    CHECK(log.offset == 0);
    CHECK(log.text.size() == 31);
    for (const char* part : {"by printf; ", "by stderr; ", "by cout; "}) {
        CHECK(log.text.find(part) != std::string::npos);
    }
    CHECK(all->log(call).text.empty());  // gone with the process: whoever heard of it keeps it
}

TEST_CASE("a log is read while the call runs") {
    const fifo said;
    calls all({[](std::string_view path) -> std::string {
        std::cout << "before; " << std::flush;
        return say_and_block(path);
    }});
    const call_id call = all.start(0, said.path());
    static_cast<void>(said.line());
    while (all->log(call).text.empty()) {
        ::sched_yield();  // a log that grows is no event of the executor
    }
    CHECK(all->log(call).text == "before; ");
    all->stop(call, std::chrono::milliseconds(0));
    CHECK(all.departure_of(call).log.text == "before; ");
}

TEST_CASE("a crash does not lose what was printed before it") {
    calls all({[](std::string_view) -> std::string {
        std::cout << "last words" << std::flush;
        std::abort();
    }});
    CHECK(all.departure_of(all.start(0)).log.text == "last words");
}

TEST_CASE("each call has a log of its own") {
    calls all({[](std::string_view input) {
        std::printf("%s", std::string(input).c_str());
        return std::string();
    }});
    for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(i);
        CHECK(all.departure_of(all.start(0, text)).log.text == text);
    }
    CHECK(all.departure_of(all.start(0, "")).log.text.empty());
}

TEST_CASE("of a gigabyte that a call prints, the last bytes are kept and no memory grows") {
    calls all({[](std::string_view) {
                   const std::string line(1'000'000, 'x');
                   for (int i = 0; i < 1000; ++i) {
                       std::fwrite(line.data(), 1, line.size(), stdout);
                   }
                   std::printf("the end");
                   return std::string("printed");
               },
               echo},
              {.max_processes = 8, .warm_processes = 2, .log_bytes = 1000});
    const call_id call = all.start(0);
    for (int i = 0; i < 20; ++i) {
        CHECK(all.result(1, "meanwhile") == "meanwhile");
    }
    const log_excerpt log = all.departure_of(call).log;
    CHECK(log.text == std::string(993, 'x') + "the end");
    CHECK(log.offset == 1'000'000'007 - 1000);
}

TEST_CASE("what a process prints that got away from its call disturbs nobody") {
    calls all({[](std::string_view) {
                   if (::fork() == 0) {
                       ::setsid();
                       for (;;) {
                           std::printf("still here\n");
                           std::fflush(stdout);
                           if (std::ferror(stdout) != 0) {
                               ::_exit(0);
                           }
                       }
                   }
                   return std::string("returned");
               },
               echo});
    CHECK(all.result(0) == "returned");
    CHECK(all.result(1, "next") == "next");
    all.settle();
}

TEST_CASE("what calls print also goes to the server's standard error, if asked to") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    restful_functions::detail::unique_fd read_end(ends[0]);
    const restful_functions::detail::unique_fd saved(::dup(STDERR_FILENO));
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    calls all({[](std::string_view input) {
                  std::printf("passed on");
                  return std::string(input);
              }},
              {.max_processes = 4, .warm_processes = 1, .pass_log_through = true});
    ::dup2(saved.get(), STDERR_FILENO);
    all.departure_of(all.start(0));
    char text[100] = {};
    CHECK(::read(read_end.get(), text, sizeof text) == 9);
    CHECK(std::string(text) == "passed on");

    // When nobody reads any more, and when nobody ever has, the calls go on.
    for (int i = 0; i < 20; ++i) {
        CHECK(all.departure_of(all.start(0, std::string(8000, 'x'))).log.text == "passed on");
        if (i == 10) read_end.reset();
    }
}

TEST_CASE("it goes there also when the standard error may not be opened again") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const restful_functions::detail::unique_fd read_end(ends[0]);
    const restful_functions::detail::unique_fd write_end(ends[1]);
    const restful_functions::detail::unique_fd saved(::dup(STDERR_FILENO));
    std::optional<not_to_be_opened> by_us(std::in_place, write_end.get());
    ::dup2(write_end.get(), STDERR_FILENO);
    calls all({[](std::string_view) {
                  std::printf("passed on");
                  return std::string();
              }},
              {.max_processes = 4, .warm_processes = 1, .pass_log_through = true});
    ::dup2(saved.get(), STDERR_FILENO);
    all.departure_of(all.start(0));
    by_us.reset();
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    char text[100] = {};
    CHECK(::read(read_end.get(), text, sizeof text) == 9);
    CHECK(std::string(text) == "passed on");
}
