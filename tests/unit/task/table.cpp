#include <restful_functions/task/table.hpp>

#include <doctest/doctest.h>

#include <malloc.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace restful_functions::task;

namespace {

std::size_t allocated = 0;

std::size_t cost_of(void* memory) {
    constexpr std::size_t header = sizeof(std::size_t);  // of glibc's malloc, before each block
    return ::malloc_usable_size(memory) + header;
}

const time_point noon{12h};

uuid numbered(int n) {
    uuid::bytes bytes{};
    for (std::size_t i = 0; i < sizeof n; ++i) bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
    return uuid(bytes);
}

std::string ids(const table& tasks, std::uint32_t function) {
    std::string list;
    tasks.for_each(function,
                   [&](const record& task) { list += task.id.to_string().substr(0, 2) + ' '; });
    return list;
}

// Task n starts and finishes n seconds after noon.
void run(table& tasks, int n, std::uint32_t function = 0, std::string result = "9") {
    tasks.insert(numbered(n), function);
    tasks.finish(numbered(n), state::done, std::move(result), noon + std::chrono::seconds(n));
}

}  // namespace

void* operator new(std::size_t size) {
    void* memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    allocated += cost_of(memory);
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr) allocated -= cost_of(memory);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

TEST_CASE("a task is found by its id, running and finished") {
    table tasks(1);
    CHECK(tasks.find(numbered(1)) == nullptr);

    tasks.insert(numbered(1), 0);
    REQUIRE(tasks.find(numbered(1)) != nullptr);
    CHECK(tasks.find(numbered(1))->status == state::running);
    CHECK(tasks.find(numbered(1))->result == "null");

    const record& finished = tasks.finish(numbered(1), state::failed, "\"why\"", noon);
    CHECK(&finished == tasks.find(numbered(1)));
    CHECK(finished.id == numbered(1));
    CHECK(finished.status == state::failed);
    CHECK(finished.result == "\"why\"");
}

TEST_CASE("the tasks of a function are listed in the order of their start") {
    table tasks(2);
    for (const int n : {3, 1, 2}) tasks.insert(numbered(n), 0);
    tasks.insert(numbered(9), 1);
    tasks.finish(numbered(2), state::done, "1", noon);
    CHECK(ids(tasks, 0) == "03 01 02 ");
    CHECK(ids(tasks, 1) == "09 ");
}

TEST_CASE("a finished task is forgotten when its time is over, not before") {
    table tasks(1, {.result_ttl = 10s});
    run(tasks, 1);
    run(tasks, 2);
    CHECK(tasks.next_expiry() == noon + 11s);

    tasks.expire(noon + 11s - 1ns);
    CHECK(tasks.size() == 2);
    tasks.expire(noon + 11s);
    CHECK(ids(tasks, 0) == "02 ");
    CHECK(tasks.find(numbered(1)) == nullptr);
    CHECK(tasks.next_expiry() == noon + 12s);
}

TEST_CASE("a running task never expires") {
    table tasks(1, {.result_ttl = 0s, .max_finished_tasks = 0, .max_finished_bytes = 0});
    tasks.insert(numbered(1), 0);
    CHECK(!tasks.next_expiry());
    tasks.expire(time_point::max());
    CHECK(tasks.size() == 1);
}

TEST_CASE("results that are kept for ever have no expiry that overflows") {
    table tasks(1, {.result_ttl = std::chrono::milliseconds::max()});
    run(tasks, 1);
    CHECK(tasks.next_expiry() == time_point::max());
}

TEST_CASE("of too many finished tasks the one that finished first goes first") {
    table tasks(1, {.max_finished_tasks = 2});
    for (const int n : {1, 2, 3}) tasks.insert(numbered(n), 0);
    for (const int n : {2, 3, 1}) {
        tasks.finish(numbered(n), state::done, "9", noon);
        tasks.expire(noon);
    }
    CHECK(ids(tasks, 0) == "01 03 ");
}

TEST_CASE("results of too many bytes push the oldest ones out") {
    table tasks(1, {.max_finished_bytes = 10});
    run(tasks, 1, 0, "\"1234\"");
    run(tasks, 2, 0, "1234");
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "01 02 ");
    run(tasks, 3, 0, "1");
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "02 03 ");
}

TEST_CASE("a result that no bound admits can be read until the next expiry") {
    table tasks(1, {.max_finished_tasks = 0});
    run(tasks, 1);
    CHECK(tasks.find(numbered(1))->result == "9");
    tasks.expire(noon);
    CHECK(tasks.find(numbered(1)) == nullptr);
    CHECK(tasks.size() == 0);
}

TEST_CASE("many results that expire at once are forgotten in small portions") {
    table tasks(1, {.result_ttl = 1s});
    for (int n = 0; n < 1000; ++n) {
        tasks.insert(numbered(n), 0);
        tasks.finish(numbered(n), state::done, "9", noon);
    }
    tasks.expire(noon + 1s);
    CHECK(tasks.size() > 0);
    CHECK(tasks.size() < 1000);
    int portions = 1;
    for (; tasks.next_expiry() && *tasks.next_expiry() <= noon + 1s; ++portions) {
        tasks.expire(noon + 1s);
    }
    CHECK(tasks.size() == 0);
    CHECK(portions < 10);
}

TEST_CASE("tasks of several functions that finish in any order leave a sound table") {
    table tasks(3, {.max_finished_tasks = 50});
    std::vector<int> running;
    unsigned random = 1;
    for (int n = 0; n < 5000; ++n) {
        tasks.insert(numbered(n), static_cast<std::uint32_t>(n % 3));
        running.push_back(n);
        random = random * 1103515245 + 12345;
        if (running.size() > 20) {
            const auto pick = running.begin() + (random >> 16) % 20;
            tasks.finish(numbered(*pick), state::done, "9", noon + std::chrono::seconds(n));
            running.erase(pick);
            tasks.expire(noon);
        }
    }
    CHECK(tasks.size() == 70);
    std::size_t listed = 0;
    for (const std::uint32_t function : {0U, 1U, 2U}) {
        tasks.for_each(function, [&](const record& task) {
            CHECK(task.function == function);
            CHECK(tasks.find(task.id) == &task);
            ++listed;
        });
    }
    CHECK(listed == 70);
}

TEST_CASE("a finished record costs at most 400 bytes beside its result") {
    constexpr int count = 100'000;
    const std::size_t before = allocated;
    table tasks(1);
    for (int n = 0; n < count; ++n) run(tasks, n);
    CHECK((allocated - before) / count <= 400);
}
