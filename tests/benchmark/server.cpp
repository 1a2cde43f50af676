/// The server that is measured: `server [--ballast GIB | --loaded GIB | --keep TASKS | --spawn 1]`.
/// And, for the same program to be compared with, what a call costs without a server:
/// `server --forks SECONDS`, `--paced-forks SECONDS`, `--copies SECONDS`.

#include <restful_functions.hpp>

#include "bare.hpp"
#include "functions.hpp"

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rf = restful_functions;

int main(int argc, char** argv) {
    const std::string_view flag = argc == 3 ? argv[1] : "";
    const double number = argc == 3 ? std::stod(argv[2]) : 0;
    std::unique_ptr<char[]> ballast;
    std::unordered_map<int, std::string> nodes;
    const auto load = [&](double gibibytes) {
        const auto size = static_cast<std::size_t>(gibibytes * (1 << 30));
        ballast = std::make_unique<char[]>(size);
        std::memset(ballast.get(), 1, size);
    };
    if (flag == "--loaded" && number > 0) {
        load(number);
        for (int key = 0; key < 500'000; ++key)
            nodes.emplace(key, "the text of a node, on the heap");
    }

    rf::server_options options{.port = 0, .log = rf::log_format::none, .max_body_bytes = 16 << 20};
    if (flag == "--keep") options.max_finished_tasks = static_cast<std::size_t>(number);
    options.on_listening = [&](const std::string& url) {
        if (flag == "--ballast") load(number);
        std::printf("listening on %s\n", url.c_str());
        std::fflush(stdout);
    };
    rf::function_server server(std::move(options));
    add_functions(server);
    if (flag == "--spawn") {
        server.add_function<addition>(
            {.args = {"x", "y"}, .name = "addition_spawn", .isolation = rf::isolation::spawn});
    }

    if (flag == "--forks") return bare::print_forks(number), 0;
    if (flag == "--paced-forks") return bare::print_paced_forks(number, addition), 0;
    if (flag == "--copies") return bare::print_copies(number), 0;
    server.start();
}
