/// Plain aggregates as arguments and results: their fields are JSON members, with no macro to
/// write.

#include <restful_functions.hpp>

#include "options.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace rf = restful_functions;

enum class currency { euro, dollar, yen };

struct item {
    std::string name;
    double price = 0;
    unsigned count = 1;
};

struct order {
    std::vector<item> items;
    currency paid_in = {};
    std::optional<std::string> voucher;
};

struct invoice {
    double total = 0;
    currency paid_in = {};
    std::map<std::string, double> lines;
};

invoice charge(order o) {
    invoice result;
    result.paid_in = o.paid_in;
    for (const item& i : o.items) result.lines[i.name] = i.price * i.count;
    for (const auto& [name, price] : result.lines) result.total += price;
    if (o.voucher == "HALF") result.total /= 2;
    return result;
}

struct statistics {
    double mean = 0;
    double smallest = 0;
    double largest = 0;
};

/// No result for no values: an empty std::optional is null.
std::optional<statistics> describe(std::vector<double> values) {
    if (values.empty()) return std::nullopt;
    const auto [smallest, largest] = std::ranges::minmax(values);
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    return statistics{sum / static_cast<double>(values.size()), smallest, largest};
}

int main(int argc, char** argv) {
    rf::function_server server(parse(argc, argv));
    server.add_function<charge>({.args = {"order"}});
    server.add_function<describe>({.args = {"values"}});
    server.start();
}
