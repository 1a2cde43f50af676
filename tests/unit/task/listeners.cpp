#include <restful_functions/task/listeners.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace restful_functions::task;

TEST_CASE("listeners are told in the order in which they came, but for those that left") {
    std::string heard;
    listeners all;
    all.add([&](const record& task) { heard += "one " + task.result + ' '; });
    const auto two = all.add([&](const record&) { heard += "two "; });
    all.add([&](const record&) { heard += "three "; });
    all.remove(two);
    all.remove(two);
    record ended;
    ended.result = "9";
    all.tell(ended);
    CHECK(heard == "one 9 three ");
}
