#include <restful_functions/task/listeners.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace restful_functions::task;

TEST_CASE("listeners are told in the order in which they came, but for those that left") {
    std::string heard;
    listeners all;
    all.add([&](const record& task) { heard += "one " + std::string(task.result) + ' '; });
    const auto two = all.add([&](const record&) { heard += "two "; });
    all.add([&](const record&) { heard += "three "; });
    all.remove(two);
    all.remove(two);
    record ended;
    ended.result = "9";
    all.tell(ended);
    CHECK(heard == "one 9 three ");
}

TEST_CASE("of many listeners those that stay are told, whichever leave") {
    std::string heard;
    listeners all;
    for (int i = 1; i <= 9; ++i)
        all.add([&heard, i](const record&) { heard += std::to_string(i); });
    for (const listeners::number which : {9U, 1U, 4U, 5U, 2U, 7U}) all.remove(which);
    all.add([&](const record&) { heard += "+"; });
    all.remove(100);
    all.tell({});
    CHECK(heard == "368+");
}
