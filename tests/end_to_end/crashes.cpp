/// A function for each way that a user's function can be called by, and each crashes on a line that
/// ends with the function's name.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <functional>
#include <future>
#include <thread>

namespace rf = restful_functions;

namespace {

/// No null pointer, since a sanitizer ends the program at a write to one, before it crashes.
int* volatile nowhere = reinterpret_cast<int*>(64);

[[gnu::noinline]] void fault(int value) { *nowhere = value; }

/// The second call keeps the first from being a jump, which would leave no frame; the number keeps
/// functions from being merged.
#define CRASH fault(__LINE__), fault(0)

struct machine {
    int speed = 1;

    void start(int wanted) {
        speed = wanted;
        CRASH;  // member
    }
    void operator()() const {
        CRASH;  // functor
    }
};

template <typename Number>
Number half(Number value) {
    CRASH;  // half
    return value / 2;
}

}  // namespace

void plain() {
    CRASH;  // plain
}

void in_thread() {
    std::thread([] {
        CRASH;  // in_thread
    }).join();
}

void in_async() {
    std::async(std::launch::async, [] {
        CRASH;  // in_async
    }).get();
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    machine its;
    server.add_function<plain>({});
    server.add_function<half<double>>({.args = {"value"}, .name = "half"});
    server.add_function<in_thread>({});
    server.add_function<in_async>({});
    server.add_function("functor", machine{}, {});
    server.add_function("lambda",
                        [] {
                            CRASH;  // lambda
                        },
                        {});
    server.add_function("erased", std::function<void()>([] {
                            CRASH;  // erased
                        }),
                        {});
    server.add_function("member", std::function<void(int)>(std::bind_front(&machine::start, &its)),
                        {.args = {"value"}});
    server.start();
}
