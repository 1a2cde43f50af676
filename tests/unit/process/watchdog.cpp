#include <restful_functions/process/watchdog.hpp>

#include <doctest/doctest.h>

using namespace restful_functions::process;

namespace {

const watchdog::clock::time_point start;
constexpr auto patience = watchdog::patience;

}  // namespace

TEST_CASE("a watchdog that is not armed asks for nothing") {
    watchdog tested;
    CHECK_FALSE(tested.due().has_value());
    CHECK(tested.take_due(start + patience) == watchdog::verdict::fine);
}

TEST_CASE("it asks once its patience is over, and gives up when there is no answer") {
    watchdog tested;
    tested.arm(start);
    CHECK(tested.due() == start + patience);
    CHECK(tested.take_due(start) == watchdog::verdict::fine);
    CHECK(tested.take_due(start + patience) == watchdog::verdict::ask);
    CHECK(tested.take_due(start + patience) == watchdog::verdict::fine);
    CHECK(tested.take_due(start + 2 * patience) == watchdog::verdict::hung);
}

TEST_CASE("an answer ends the watch") {
    watchdog tested;
    tested.arm(start);
    CHECK(tested.take_due(start + patience) == watchdog::verdict::ask);
    tested.answered();
    CHECK_FALSE(tested.due().has_value());
    tested.arm(start);
    tested.reset();
    CHECK_FALSE(tested.due().has_value());
}

TEST_CASE("to be armed again changes nothing") {
    watchdog tested;
    tested.arm(start);
    tested.arm(start + patience);
    CHECK(tested.due() == start + patience);
}
