/// Functions that end badly: each is one failed task that says what happened, and nobody else
/// notices.

#include <restful_functions.hpp>

#include "options.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace rf = restful_functions;

void segmentation_fault() {
    int* volatile nowhere = reinterpret_cast<int*>(64);
    *nowhere = 1;
}

void give_up() { std::abort(); }

void leave(int status) { std::exit(status); }

unsigned deeper(volatile unsigned* above) {
    volatile unsigned here = *above + 1;
    return here == 0 ? 0 : deeper(&here) + here;
}

unsigned stack_overflow() {
    volatile unsigned start = 1;
    return deeper(&start);
}

void throw_error(std::string what) { throw std::runtime_error(what); }

std::string survive() { return "still here"; }

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<segmentation_fault>({});
    server.add_function<give_up>({});
    server.add_function<leave>({.args = {"status"}});
    server.add_function<stack_overflow>({});
    server.add_function<throw_error>({.args = {"what"}});
    server.add_function<survive>({});
    server.start();
}
