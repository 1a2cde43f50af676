// A program that instantiates what a registration does, for the tools to look at: every family of
// codecs, each kind of function.
#include <restful_functions.hpp>
#include <restful_functions/api/service.hpp>
#include <restful_functions/transport/in_process.hpp>

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace rf = restful_functions;

namespace {

enum class colour { red, green };

struct point {
    double x = 0;
    std::optional<std::string> label;
    std::vector<colour> colours;
};

std::map<std::string, point> numbers(bool some, short few, unsigned long many, float some_more) {
    return {{some ? "some" : "none",
             {static_cast<double>(few) + static_cast<double>(many) + some_more, {}, {}}}};
}

std::variant<std::string, point> either(const std::variant<int, std::string>& one,
                                        std::chrono::milliseconds other) {
    return std::to_string(one.index() + static_cast<std::size_t>(other.count()));
}

std::tuple<std::array<int, 2>, std::set<std::string>> lists(const std::pair<int, std::string>& pair,
                                                            const point& where) {
    return {{pair.first, static_cast<int>(where.x)}, {pair.second}};
}

rf::blob bytes(rf::blob given) { return given; }

void nothing() { rf::progress(1, "done"); }

}  // namespace

int main() {
    rf::function_server server({.port = 0});
    server.add_function<numbers>(
        {.args = {"some", "few", "many", "some_more"}, .limits = {.open_files = 20}});
    server.add_function<either>({.args = {"one", "other"}, .isolation = rf::isolation::worker});
    server.add_function<lists>({.args = {"pair", "where"}});
    server.add_function<bytes>({.args = {"given"}});
    server.add_function<nothing>({});
    server.add_function("scale", [factor = 2.0](double value) { return factor * value; },
                        {.args = {"value"}});
    server.start();
}
