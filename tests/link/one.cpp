/// The first of two translation units that both include everything.

#include <restful_functions.hpp>

namespace rf = restful_functions;

void add_from_another_unit(rf::function_server& server);

static int addition(int x, int y) { return x + y; }

int main() {
    rf::function_server server({.port = 0});
    server.add_function<addition>({.args = {"x", "y"}});
    add_from_another_unit(server);
    server.stop();  // before start(): it returns at once
    server.start();
}
