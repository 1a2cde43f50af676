/// Pacing: something is done every 2 ms for some time, and the percentiles of how long it took are
/// printed as JSON.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

template <class Action>
void print_paced(double seconds, Action act) {
    using clock = std::chrono::steady_clock;
    using microseconds = std::chrono::duration<double, std::micro>;
    constexpr auto interval = std::chrono::milliseconds(2);

    for (int warm_up = 0; warm_up < 50; ++warm_up) act();

    std::vector<double> took;
    auto next = clock::now();
    const auto end =
        next + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    while (next < end) {
        std::this_thread::sleep_until(next);
        took.push_back(microseconds(act()).count());
        next = std::max(next + interval, clock::now());
    }
    std::sort(took.begin(), took.end());
    const auto percentile = [&](std::size_t percent) {
        return took.at((took.size() - 1) * percent / 100);
    };
    std::printf(R"({"p50": %.1f, "p99": %.1f})"
                "\n",
                percentile(50), percentile(99));
}
