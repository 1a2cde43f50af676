#include <restful_functions/task/table.hpp>

#include "numbered.hpp"

#include <doctest/doctest.h>

#include <malloc.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace restful_functions::task;
using test::numbered;

namespace {

std::size_t allocated = 0;

std::size_t cost_of(void* memory) {
    constexpr std::size_t header = sizeof(std::size_t);  // of glibc's malloc, before each block
    return ::malloc_usable_size(memory) + header;
}

const time_point noon{12h};
const wall_time high_noon{12h};

moment at(std::chrono::seconds past_noon = 0s) { return {noon + past_noon, high_noon + past_noon}; }

ending done(std::string result) { return {state::done, outcome::returned, std::move(result)}; }

void insert(table& tasks, const uuid& id, std::uint32_t function, std::string_view owner = "") {
    tasks.insert(id, function, owner, high_noon);
    tasks.run(id, at(), 0ms);
}

std::string ids(const table& tasks, std::uint32_t function) {
    std::string list;
    tasks.visit(function, std::nullopt, order::oldest_first, [&](const record& task) {
        list += task.id.to_string().substr(0, 2) + ' ';
        return true;
    });
    return list;
}

/// So many ids behind a task, of the function or of all.
std::string ids_after(const table& tasks, std::optional<std::uint32_t> function, int n,
                      std::size_t most, order wanted = order::oldest_first) {
    std::string list;
    tasks.visit(function, numbered(n), wanted, [&](const record& task) {
        list += task.id.to_string().substr(0, 2) + ' ';
        return --most > 0;
    });
    return list;
}

/// So many further ids of a visit.
std::string next_ids(table::cursor& from, std::size_t most) {
    std::string list;
    from.visit([&](const record& task) {
        if (most == 0) return false;
        --most;
        list += task.id.to_string().substr(0, 2) + ' ';
        return true;
    });
    return list;
}

// Task n starts and finishes n seconds after noon.
void run(table& tasks, int n, std::uint32_t function = 0, std::string result = "9") {
    insert(tasks, numbered(n), function);
    tasks.finish(numbered(n), done(std::move(result)), at(std::chrono::seconds(n)));
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

    insert(tasks, numbered(1), 0);
    REQUIRE(tasks.find(numbered(1)) != nullptr);
    CHECK(tasks.find(numbered(1))->status == state::running);
    CHECK(tasks.find(numbered(1))->result == "null");

    const record& finished =
        tasks.finish(numbered(1), {state::failed, outcome::threw, "\"why\""}, at());
    CHECK(&finished == tasks.find(numbered(1)));
    CHECK(finished.id == numbered(1));
    CHECK(finished.status == state::failed);
    CHECK(finished.how == outcome::threw);
    CHECK(finished.result == "\"why\"");
}

TEST_CASE("a task remembers when it came, when it ran, and when it finished") {
    table tasks(1);
    tasks.insert(numbered(1), 0, "", high_noon);
    const record& task = *tasks.find(numbered(1));
    CHECK(task.status == state::queued);
    CHECK(task.created == high_noon);
    CHECK(!task.started);

    tasks.run(numbered(1), at(3s), 2999ms);
    CHECK(task.status == state::running);
    CHECK(task.started == high_noon + 3s);
    CHECK(task.queue_wait == 2999ms);
    CHECK(!task.finished);

    tasks.finish(numbered(1), done("9"), at(5s));
    CHECK(task.finished == high_noon + 5s);
    CHECK(!task.used);
}

TEST_CASE("what a process used and printed is known once it is gone") {
    table tasks(1);
    run(tasks, 1);
    tasks.depart(numbered(1), {{.user = 30ms, .minor_faults = 7}, {1000, "printed"}});
    const record& task = *tasks.find(numbered(1));
    CHECK(task.used->user == 30ms);
    CHECK(task.used->minor_faults == 7);
    CHECK(task.particulars->log.offset == 1000);
    CHECK(task.particulars->log.text == "printed");
}

TEST_CASE("a process that printed nothing leaves nothing in particular") {
    table tasks(1);
    run(tasks, 1);
    tasks.depart(numbered(1), {});
    CHECK(tasks.find(numbered(1))->used);
    CHECK(tasks.find(numbered(1))->particulars == nullptr);
}

TEST_CASE("a process may be gone after its task is forgotten") {
    table tasks(1, {.max_finished_tasks = 0});
    run(tasks, 1);
    tasks.expire(noon);
    tasks.depart(numbered(1), {{}, {0, "printed"}});
    CHECK(tasks.size() == 0);
}

TEST_CASE("the tasks of a function are listed in the order of their start") {
    table tasks(2);
    for (const int n : {3, 1, 2}) insert(tasks, numbered(n), 0);
    insert(tasks, numbered(9), 1);
    tasks.finish(numbered(2), done("1"), at());
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
    insert(tasks, numbered(1), 0);
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
    for (const int n : {1, 2, 3}) insert(tasks, numbered(n), 0);
    for (const int n : {2, 3, 1}) {
        tasks.finish(numbered(n), done("9"), at());
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

TEST_CASE("of too many results the caller with the most bytes makes room for the others") {
    table tasks(1, {.max_finished_bytes = 10'000});
    for (const int n : {1, 2, 3, 4}) insert(tasks, numbered(n), 0, n == 1 ? "little" : "much");
    for (const int n : {1, 2, 3, 4}) {
        tasks.finish(numbered(n), done(std::string(n == 1 ? 1000 : 4000, '1')), at());
        tasks.expire(noon);
    }
    CHECK(ids(tasks, 0) == "01 03 04 ");
}

TEST_CASE("of too many tasks the caller with the most makes room for the others") {
    table tasks(1, {.max_finished_tasks = 3});
    for (const int n : {1, 2, 3, 4}) insert(tasks, numbered(n), 0, n == 1 ? "few" : "many");
    for (const int n : {1, 2, 3, 4}) tasks.finish(numbered(n), done("9"), at());
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "01 03 04 ");
}

TEST_CASE("results that their caller has got make room before the others") {
    table tasks(1, {.max_finished_tasks = 4});
    for (const int n : {1, 2, 3, 4, 5}) {
        insert(tasks, numbered(n), 0, "caller");
        tasks.deliver(numbered(n), "caller");  // has no result yet
        tasks.finish(numbered(n), done("9"), at());
    }
    tasks.deliver(numbered(1), "somebody else");
    tasks.deliver(numbered(4), "caller");
    tasks.deliver(numbered(3), "caller");
    tasks.deliver(numbered(3), "caller");
    tasks.deliver(numbered(9), "caller");  // is not there
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "01 02 03 05 ");
    insert(tasks, numbered(6), 0, "caller");
    tasks.finish(numbered(6), done("9"), at());
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "01 02 05 06 ");
}

TEST_CASE("a delivered result expires as the others do") {
    table tasks(1, {.result_ttl = 10s});
    run(tasks, 1);
    run(tasks, 2);
    tasks.deliver(numbered(2), "");
    tasks.expire(noon + 11s);
    CHECK(ids(tasks, 0) == "02 ");
    tasks.expire(noon + 12s);
    CHECK(tasks.size() == 0);
}

TEST_CASE("results make room for so many bytes, until there are none") {
    table tasks(1);
    insert(tasks, numbered(9), 0);
    for (const int n : {1, 2, 3}) run(tasks, n, 0, std::string(1000, '1'));
    CHECK(tasks.make_room(1));
    CHECK(ids(tasks, 0) == "09 02 03 ");
    CHECK(tasks.make_room(1'000'000));
    CHECK(ids(tasks, 0) == "09 ");
    CHECK_FALSE(tasks.make_room(1));
}

TEST_CASE("logs and backtraces count as results do") {
    table tasks(1, {.max_finished_bytes = 10});
    insert(tasks, numbered(1), 0);
    ending crash{state::failed, outcome::crashed, "1", std::make_unique<particulars>()};
    crash.particulars->cause = restful_functions::process::crashed{11, {}, "main"};
    tasks.finish(numbered(1), std::move(crash), at());
    run(tasks, 2, 0, "1234");
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "01 02 ");
    tasks.depart(numbered(2), {{}, {1000, "67"}});
    tasks.expire(noon);
    CHECK(ids(tasks, 0) == "02 ");
    run(tasks, 3, 0, "1");
    tasks.depart(numbered(3), {{}, {1000, "0123456789"}});
    tasks.expire(noon);
    CHECK(tasks.size() == 0);
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
        insert(tasks, numbered(n), 0);
        tasks.finish(numbered(n), done("9"), at());
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
        insert(tasks, numbered(n), static_cast<std::uint32_t>(n % 3));
        running.push_back(n);
        random = random * 1103515245 + 12345;
        if (running.size() > 20) {
            const auto pick = running.begin() + (random >> 16) % 20;
            tasks.finish(numbered(*pick), done("9"), at(std::chrono::seconds(n)));
            running.erase(pick);
            tasks.expire(noon);
        }
    }
    CHECK(tasks.size() == 70);
    std::size_t listed = 0;
    for (const std::uint32_t function : {0U, 1U, 2U}) {
        tasks.visit(function, std::nullopt, order::oldest_first, [&](const record& task) {
            CHECK(task.function == function);
            CHECK(tasks.find(task.id) == &task);
            ++listed;
            return true;
        });
    }
    CHECK(listed == 70);
}

TEST_CASE("a list goes on behind a task, of its function or of all") {
    table tasks(2);
    for (int n = 1; n <= 6; ++n) run(tasks, n, n % 2 == 0 ? 1 : 0);
    CHECK(ids_after(tasks, 0, 1, 9) == "03 05 ");
    CHECK(ids_after(tasks, 1, 2, 1) == "04 ");
    CHECK(ids_after(tasks, std::nullopt, 2, 3) == "03 04 05 ");
    CHECK(ids_after(tasks, std::nullopt, 6, 9).empty());
}

TEST_CASE("a list is read from its end, too") {
    table tasks(2);
    for (int n = 1; n <= 6; ++n) run(tasks, n, n % 2 == 0 ? 1 : 0);
    CHECK(ids_after(tasks, 0, 5, 9, order::newest_first) == "03 01 ");
    CHECK(ids_after(tasks, std::nullopt, 4, 2, order::newest_first) == "03 02 ");
    CHECK(ids_after(tasks, std::nullopt, 1, 9, order::newest_first).empty());
    std::string all;
    tasks.visit(std::nullopt, std::nullopt, order::newest_first, [&](const record& task) {
        all += task.id.to_string().substr(0, 2) + ' ';
        return true;
    });
    CHECK(all == "06 05 04 03 02 01 ");
}

TEST_CASE("a visit goes on where it was left, whatever was forgotten and has come") {
    table tasks(2, {.result_ttl = 10s});
    for (int n = 1; n <= 8; ++n) run(tasks, n, n % 2 == 0 ? 1 : 0);
    table::cursor all(tasks, std::nullopt, std::nullopt, order::oldest_first);
    table::cursor same(tasks, std::nullopt, numbered(1), order::oldest_first);
    table::cursor even(tasks, 1, std::nullopt, order::oldest_first);
    table::cursor back(tasks, std::nullopt, std::nullopt, order::newest_first);
    CHECK(next_ids(all, 2) == "01 02 ");
    CHECK(next_ids(same, 1) == "02 ");
    CHECK(next_ids(even, 1) == "02 ");
    CHECK(next_ids(back, 3) == "08 07 06 ");
    tasks.expire(noon + 15s);  // forgets the first five
    insert(tasks, numbered(9), 0);
    CHECK(next_ids(all, 1) == "06 ");
    CHECK(next_ids(same, 9) == "06 07 08 09 ");
    CHECK(next_ids(even, 9) == "06 08 ");
    CHECK(next_ids(back, 9).empty());
    {
        table::cursor left(tasks, 0, std::nullopt, order::oldest_first);
        CHECK(next_ids(left, 1) == "07 ");
    }
    tasks.expire(noon + 18s);
    CHECK(next_ids(all, 9) == "09 ");
    CHECK(next_ids(all, 9).empty());
}

TEST_CASE("a finished record costs at most 432 bytes beside its result and its log") {
    constexpr int count = 100'000;
    const std::size_t before = allocated;
    table tasks(1);
    for (int n = 0; n < count; ++n) {
        run(tasks, n);
        tasks.depart(numbered(n), {{}, {0, "printed"}});
    }
    CHECK((allocated - before) / count <= 432);
}
