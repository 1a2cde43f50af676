/// A function for each way that a user's function can be called by, and each crashes on a line that
/// ends with the function's name.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <functional>
#include <future>
#include <thread>

namespace rf = restful_functions;

namespace {

int* volatile nowhere = nullptr;

[[gnu::noinline]] void fault() { *nowhere = 1; }

/// After the first call comes another one: it cannot be a jump, which would leave no frame.
#define CRASH fault(), fault()

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
    server.add_function("function", std::function<void()>([] {
                            CRASH;  // function
                        }),
                        {});
    server.add_function("member", std::function<void(int)>(std::bind_front(&machine::start, &its)),
                        {.args = {"value"}});
    server.start();
}
