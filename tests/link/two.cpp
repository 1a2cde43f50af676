/// The second of two translation units that both include everything.

#include <restful_functions.hpp>

namespace rf = restful_functions;

// Of the same name as the first unit's, and another function.
static double addition(double x, double y) { return x + y; }

void add_from_another_unit(rf::function_server& server) {
    server.add_function<addition>({.args = {"x", "y"}, .name = "addition_of_floats"});
}
