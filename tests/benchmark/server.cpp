/// The server that is measured: `server [--ballast GIB | --loaded GIB | --keep TASKS | --spawn 1]`.
/// And, for the same program to be compared with, what a call costs without a server:
/// `server --forks SECONDS`, `--paced-forks SECONDS`, `--copies SECONDS`, `--file-copy GIB`. What
/// `start()` takes until it listens: `server --start GIB`.

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
    const auto size = static_cast<std::size_t>(number * (1 << 30));
    std::unique_ptr<char[]> ballast;
    std::unordered_map<int, std::string> nodes;
    const auto load = [&] {
        ballast = std::make_unique<char[]>(size);
        std::memset(ballast.get(), 1, size);
    };
    if ((flag == "--loaded" || flag == "--start" || flag == "--file-copy") && number > 0) {
        load();
        for (int key = 0; key < 500'000; ++key)
            nodes.emplace(key, "the text of a node, on the heap");
    }

    rf::server_options options{.port = 0, .log = rf::log_format::none, .max_body_bytes = 16 << 20};
    if (flag == "--keep") options.max_finished_tasks = static_cast<std::size_t>(number);
    rf::function_server* running = nullptr;
    bare::clock::time_point start;
    options.on_listening = [&](const std::string& url) {
        if (flag == "--start") return bare::print_seconds_since(start), running->stop();
        if (flag == "--ballast") load();
        std::printf("listening on %s\n", url.c_str());
        std::fflush(stdout);
    };
    rf::function_server server(std::move(options));
    running = &server;
    add_functions(server);
    if (flag == "--spawn") {
        server.add_function<addition>(
            {.args = {"x", "y"}, .name = "addition_spawn", .isolation = rf::isolation::spawn});
    }

    if (flag == "--forks") return bare::print_forks(number), 0;
    if (flag == "--paced-forks") return bare::print_paced_forks(number, addition), 0;
    if (flag == "--copies") return bare::print_copies(number), 0;
    if (flag == "--file-copy") return bare::print_file_copy(ballast.get(), size), 0;
    start = bare::clock::now();
    server.start();
}
