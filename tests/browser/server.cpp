/// The server whose console the browser tests look at: a function for each kind of form and result.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

enum class material { wood, steel, glass };

struct point {
    double x = 0;
    double y = 0;
};

struct part {
    std::string name;
    material made_of = material::steel;
    std::uint8_t count = 1;
    std::optional<point> place;
};

/// What is asked for, as it was understood.
std::string order(part what, std::vector<int> sizes, std::map<std::string, double> prices,
                  bool urgent) {
    double sum = 0;
    for (const auto& [name, price] : prices) sum += price;
    return std::to_string(what.count) + " x " + what.name + ", " + std::to_string(sizes.size()) +
           " sizes, " + (what.place ? "placed" : "anywhere") + (urgent ? ", urgent, " : ", ") +
           std::to_string(std::lround(sum));
}

std::vector<part> stock() {
    return {{"leg", material::wood, 4, {}}, {"screw", material::steel, 32, point{1, 2}}};
}

std::vector<double> wave(int points) {
    std::vector<double> heights;
    for (int i = 0; i < points; ++i) {
        const double turn = 2 * std::numbers::pi * i / points;
        heights.push_back(std::sin(2 * turn) + 0.3 * std::cos(9 * turn));
    }
    return heights;
}

std::int64_t exactly(std::int64_t number) { return number; }

rf::blob mirror(rf::blob file) { return file; }

/// A bitmap of 24 bits a pixel.
rf::blob gradient(std::uint8_t side) {
    const auto rows = static_cast<std::uint32_t>(side);
    const std::uint32_t stride = (rows * 3 + 3) / 4 * 4;
    std::string bytes = "BM";
    const auto add = [&bytes](std::uint32_t value, int size) {
        for (; size > 0; --size, value >>= 8) bytes += static_cast<char>(value & 0xFF);
    };
    add(54 + stride * rows, 4), add(0, 4), add(54, 4);
    add(40, 4), add(rows, 4), add(rows, 4), add(1, 2), add(24, 2), add(0, 4);
    add(stride * rows, 4), add(2835, 4), add(2835, 4), add(0, 4), add(0, 4);
    for (std::uint32_t y = 0; y < rows; ++y) {
        for (std::uint32_t x = 0; x < rows; ++x) {
            add(255 * x / rows, 1), add(120, 1), add(255 * y / rows, 1);
        }
        for (std::uint32_t pad = rows * 3; pad < stride; ++pad) add(0, 1);
    }
    return {"image/bmp", bytes};
}

/// Goes on by one step for each line that somebody writes to the FIFO.
std::string simulate(std::string fifo, int steps) {
    std::ifstream lines(fifo);
    std::string line;
    for (int i = 1; i <= steps && std::getline(lines, line); ++i) {
        std::cout << "step " << i << ": " << line << std::endl;
        rf::progress(static_cast<double>(i) / steps, "step " + std::to_string(i));
    }
    return "simulated";
}

/// Code that a page must never run, in whatever shape somebody would like it to.
constexpr char hostile[] =
    "<script>document.title='owned'</script>"
    "<img src=x onerror=\"document.title='owned'\">";

std::map<std::string, std::string> inject(std::string text) {
    std::cout << hostile << std::endl;
    rf::progress(0.5, hostile);
    return {{hostile, text}};
}

void refuse() { throw std::runtime_error(hostile); }

std::string megabyte() { return std::string(1'000'000, '<'); }

void crash() { *reinterpret_cast<volatile int*>(8) = 1; }

int main(int argc, char** argv) {
    rf::server_options options = parse(argc, argv);
    if (const char* token = std::getenv("CONSOLE_TOKEN")) {
        options.tokens = {{.secret = token},
                          {.secret = "guest", .grant = {.functions = {"addition", "simulate"}}}};
    }
    if (const char* password = std::getenv("CONSOLE_PASSWORD"))
        options.users = {{.name = "eve", .password = password}};
    if (const char* origin = std::getenv("CONSOLE_ORIGIN")) options.allowed_origins = {origin};
    rf::function_server server(std::move(options));
    server.add_function<addition>({
        .args = {{"x", "A value of X"}, {"y", "A value of Y"}},
        .max_concurrency = 1,
        .description = "Simple Awesome Addition",
    });
    server.add_function<order>({
        .args = {{"what", "The part that is wanted"}, "sizes", "prices", "urgent"},
        .description = "Orders parts",
    });
    server.add_function<stock>({.description = "What is there"});
    server.add_function<wave>({.args = {"points"}, .description = "Two sines, as numbers"});
    server.add_function<exactly>({.args = {"number"}, .description = "A number of 64 bits"});
    server.add_function<mirror>({.args = {"file"}, .description = "The same bytes"});
    server.add_function<gradient>({.args = {{"side", "pixels"}}, .description = "A picture"});
    server.add_function<simulate>({
        .args = {{"fifo", "Where the steps come from"}, "steps"},
        .max_concurrency = 4,
        .description = "A long run that tells how far it is",
    });
    server.add_function<inject>({.args = {{"text", hostile}}, .description = hostile});
    server.add_function<refuse>({.description = "Throws"});
    server.add_function<megabyte>({.description = "A long text"});
    server.add_function<crash>({.description = "Writes where nothing is"});
    server.start();
}
