/// How plain aggregates are read and written.
#include "round_trip.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

struct pixel {
    int x;
    int y;
};
struct drawing {
    std::string title;
    std::vector<pixel> points;
    std::optional<pixel> centre;
    std::map<std::string, pixel> named;
};
struct tree {
    int value;
    std::vector<tree> children;
};
enum class speed { slow, fast };
struct with_defaults {
    int width;
    int height = 0;
    double quality = 0.8;
    bool keep_ratio = true;
    std::string filter = "lanczos";
    std::vector<int> levels = {1, 2};
    std::chrono::seconds timeout = std::chrono::seconds(5);
    speed how = speed::fast;
    std::optional<int> threads = 4;
    std::optional<int> limit;
};
struct nothing {};

}  // namespace

TEST_CASE("an aggregate is an object with the names of its fields") {
    CHECK(round_trip<pixel>(R"({"y": 2, "x": "1"})") == R"({"x":1,"y":2})");
    CHECK(round_trip<nothing>("{}") == "{}");
    const std::string nested =
        R"({"title":"t","points":[{"x":1,"y":2}],"centre":{"x":3,"y":4},"named":{"a":{"x":5,"y":6}}})";
    CHECK(round_trip<drawing>(nested) == nested);
}

TEST_CASE("an aggregate may hold itself") {
    CHECK(round_trip<tree>(R"({"value": 1, "children": [{"value": 2, "children": []}]})") ==
          R"({"value":1,"children":[{"value":2,"children":[]}]})");
    CHECK(round_trip<tree>(R"({"value": 1, "children": [{"value": 2}]})") ==
          "/children/0/children: children is missing");
}

TEST_CASE("an optional member may be missing or null, and is written as null") {
    CHECK(round_trip<drawing>(R"({"title": "", "points": [], "named": {}})") ==
          R"({"title":"","points":[],"centre":null,"named":{}})");
    CHECK(round_trip<drawing>(R"({"title": "", "points": [], "centre": null, "named": {}})") ==
          R"({"title":"","points":[],"centre":null,"named":{}})");
}

TEST_CASE("a member whose field has a default that is not its type's empty value may be missing") {
    CHECK(round_trip<with_defaults>(R"({"width": 1, "height": 2})") ==
          R"({"width":1,"height":2,"quality":0.8,"keep_ratio":true,"filter":"lanczos",)"
          R"("levels":[1,2],"timeout":5,"how":"fast","threads":4,"limit":null})");
    CHECK(round_trip<with_defaults>(R"({"width": 1})") == "/height: height is missing");
    CHECK(round_trip<with_defaults>(R"({"width":1,"height":2,"levels":[3],"threads":null})")
              .find(R"("levels":[3],"timeout":5,"how":"fast","threads":null)") !=
          std::string::npos);
}

TEST_CASE("a missing, an unknown, a repeated and a bad member are refused where they are") {
    CHECK(round_trip<pixel>(R"({"x": 1})") == "/y: y is missing");
    CHECK(round_trip<pixel>(R"({"x": 1, "y": 2, "z": 3})") == "/z: z is unknown");
    CHECK(round_trip<drawing>(R"({"titel": "t", "points": [], "named": {}})") ==
          "/titel: titel is unknown; did you mean \"title\"?");
    CHECK(round_trip<pixel>(R"({"x": 1, "y": 2, "x": 1})") == "/x: x is given more than once");
    CHECK(round_trip<pixel>(R"({"x": 1, "y": 2.5})") == "/y: 2.5 is not an integer");
    CHECK(round_trip<pixel>("[1, 2]") == ": [1,2] is not an object");
    CHECK(round_trip<drawing>(R"({"title": "", "points": [{"x": 1, "y": []}], "named": {}})") ==
          "/points/0/y: [] is not an integer");
}
