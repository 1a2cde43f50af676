#include <restful_functions.hpp>

#include "options.hpp"

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

struct circle {
    double radius = 1;
    std::optional<std::string> label;
};

double area(circle c) { return 3.14159265 * c.radius * c.radius; }

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<addition>({
        .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
        .max_concurrency = 1,
        .description = "Simple Awesome Addition",
    });
    server.add_function<area>({.args = {"c"}});
    server.start();
}
