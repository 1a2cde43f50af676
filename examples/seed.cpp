/// The program that examples/run plays: `addition`, and `multi`, which tests six numbers in
/// parallel.

#include <restful_functions.hpp>

#include "options.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <future>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

bool is_prime(std::int64_t n) {
    if (n % 2 == 0) return false;
    const auto root = static_cast<std::int64_t>(std::sqrt(n));
    for (std::int64_t i = 3; i <= root; i += 2) {
        if (n % i == 0) return false;
    }
    return true;
}

bool multi() {
    constexpr std::array<std::int64_t, 6> numbers{112272535095293, 112582705942171,
                                                  112272535095293, 115280095190773,
                                                  115797848077099, 1099726899285419};
    std::array<std::future<bool>, 6> answers;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        answers[i] = std::async(std::launch::async, is_prime, numbers[i]);
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        std::printf("%jd is prime: %s\n", std::intmax_t{numbers[i]},
                    answers[i].get() ? "True" : "False");
    }
    return true;
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<addition>({
        .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
        .max_concurrency = 1,
        .description = "Simple Awesome Addition",
    });
    server.add_function<multi>({
        .max_concurrency = 2,
        .description = "Heavy Function",
    });
    server.start();
}
