#include "calls.hpp"

#include <iostream>
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
