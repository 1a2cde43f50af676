/// How the fields of plain aggregates get their names.
#include <restful_functions/detail/field_names.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace detail = restful_functions::detail;

namespace named {
struct circle {
    double radius = 1;
    std::optional<std::string> label_2;
    std::map<std::string, int> naïve;
};
}  // namespace named

namespace {

struct hidden {
    int first;
    std::vector<hidden> object;
};
template <typename T>
struct box {
    T content;
};

template <typename T>
std::string names() {
    std::string all;
    for (const std::string_view name : detail::field_names<T>) all.append(name).append(" ");
    return all;
}

}  // namespace

TEST_CASE("fields have the names of their declaration") {
    CHECK(names<named::circle>() == "radius label_2 naïve ");
    CHECK(names<hidden>() == "first object ");
    CHECK(names<box<std::vector<hidden>>>() == "content ");
}

TEST_CASE("fields of a type inside a function have names, too") {
    struct local {
        int x;
        const char* y;
    };
    CHECK(names<local>() == "x y ");
}

TEST_CASE("no object is made to find its names") {
    static int made = 0;
    struct counted {
        struct part {
            part() { ++made; }
        };
        part first;
        part second;
    };
    CHECK(names<counted>() == "first second ");
    CHECK(made == 0);
}
