/// Which of several connections gives way.
#include <restful_functions/transport/activity.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

using restful_functions::transport::detail::activity;
using namespace std::chrono_literals;

namespace {

struct member {
    std::string name;
};

using lists = restful_functions::transport::detail::activity_lists<member>;

lists::position add(lists& all, const char* name, activity doing = activity::asking) {
    const auto added = all.add(std::make_shared<member>(member{name}));
    all.note(added, doing);
    return added;
}

std::string first_to_go(const lists& all, std::chrono::milliseconds spared = 0ms) {
    const auto first = all.first_to_go(spared);
    return first ? first->name : "";
}

}  // namespace

TEST_CASE("who has not asked gives way first, then who is idle, then who may have gone") {
    lists all;
    CHECK(first_to_go(all) == "");
    add(all, "engaged", activity::engaged);
    CHECK(first_to_go(all) == "");
    const auto abandoned = add(all, "abandoned", activity::abandoned);
    CHECK(first_to_go(all) == "abandoned");
    const auto idle = add(all, "idle", activity::idle);
    CHECK(first_to_go(all) == "idle");
    const auto asking = add(all, "asking");
    CHECK(first_to_go(all) == "asking");
    CHECK(all.size() == 4);
    CHECK(all.members().size() == 4);

    all.note(asking, activity::engaged);
    CHECK(first_to_go(all) == "idle");
    all.remove(idle);
    CHECK(first_to_go(all) == "abandoned");
    all.note(abandoned, activity::engaged);
    CHECK(first_to_go(all) == "");
    CHECK(all.size() == 3);
}

TEST_CASE("of those who do the same the first gives way, and who goes on with it keeps its turn") {
    lists all;
    const auto first = add(all, "first");
    const auto second = add(all, "second");
    all.note(first, activity::asking);
    CHECK(first_to_go(all) == "first");
    all.note(first, activity::engaged);
    all.note(first, activity::asking);
    CHECK(first_to_go(all) == "second");
    all.remove(second);
    CHECK(first_to_go(all) == "first");
}

TEST_CASE("who has been silent for a shorter time than is spared stays") {
    lists all;
    const auto first = add(all, "first");
    add(all, "second", activity::idle);
    CHECK(first_to_go(all, 1h) == "");
    all.note(first, activity::abandoned);
    CHECK(first_to_go(all, 1h) == "first");
}

TEST_CASE("who begins anew is the last to give way of those who do the same") {
    lists all;
    const auto first = add(all, "first");
    add(all, "second");
    all.renew(first);
    CHECK(first_to_go(all) == "second");
    CHECK(all.first(activity::asking)->name == "second");
    CHECK(all.first(activity::engaged) == nullptr);
}

TEST_CASE("a member is taken from others with what it does") {
    lists some;
    lists others;
    add(some, "first", activity::idle);
    const auto taken = add(others, "taken", activity::idle);
    some.take(others, taken);
    CHECK(others.size() == 0);
    CHECK(some.size() == 2);
    CHECK(first_to_go(some) == "first");
    some.note(taken, activity::asking);
    CHECK(first_to_go(some) == "taken");
    some.remove(taken);
    CHECK(some.size() == 1);
}

TEST_CASE("all members are looked at") {
    lists all;
    for (const activity doing :
         {activity::asking, activity::idle, activity::abandoned, activity::engaged}) {
        CHECK(!all.any_of([](const member& each) { return each.name == "wanted"; }));
        const auto added = add(all, "wanted", doing);
        CHECK(all.any_of([](const member& each) { return each.name == "wanted"; }));
        CHECK(all.count_if([](const member& each) { return each.name == "wanted"; }) == 1);
        CHECK(all.count_if([](const member& each) { return each.name == "other"; }) == 0);
        all.remove(added);
    }
}
