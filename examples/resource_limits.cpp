/// Functions that want too much: each ends at its own limit, and the others go on.

#include <restful_functions.hpp>

#include "options.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace rf = restful_functions;
using namespace rf::literals;
using namespace std::chrono_literals;

std::size_t allocate(std::size_t numbers) { return std::vector<int>(numbers, 1).size(); }

void compute_for_ever() {
    for (volatile bool on = true; on;) {
    }
}

std::size_t print(std::size_t lines) {
    for (std::size_t line = 1; line <= lines; ++line) {
        std::printf("line %zu of what somebody may want to read\n", line);
    }
    return lines;
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<allocate>({.args = {"numbers"}, .limits = {.memory = 256_MiB}});
    server.add_function<compute_for_ever>({.limits = {.cpu = 1s}});
    server.add_function<print>({.args = {"lines"}});
    server.start();
}
