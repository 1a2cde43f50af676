/// Plays every row to a server over a raw socket, as a whole and byte by byte, and to in_process
/// where the request can be put in a value. Prints a line per row.

#include <restful_functions.hpp>
#include <restful_functions/api/service.hpp>
#include <restful_functions/http/parser.hpp>
#include <restful_functions/transport/in_process.hpp>

#include "raw_client.hpp"
#include "row.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace rf = restful_functions;
using namespace conformance;

namespace {

int addition(int x, int y) { return x + y; }
std::string echo(std::string text) { return text; }
void fails() { throw std::runtime_error("why"); }
void idle() {}

void add_functions(rf::function_server& server) {
    server.add_function<addition>({.args = {"x", "y"}});
    server.add_function<echo>({.args = {"text"}});
    server.add_function<fails>({});
    server.add_function<idle>({});
}

rf::server_options small() {
    return {.port = 0,
            .handle_signals = false,
            .log = rf::log_format::none,  // its lines would tear ours apart
            .max_header_bytes = 4096,
            .max_header_fields = 50,
            .max_body_bytes = 1'000'000};
}

/// A server in a thread of its own.
class running {
 public:
    running() : server_(listening_in(listening_)) {
        add_functions(server_);
        server_.service();  // forks before there is a thread
        thread_ = std::thread([this] { server_.start(); });
        listening_.get_future().wait();
    }
    ~running() {
        server_.stop();
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
    static rf::server_options listening_in(std::promise<void>& told) {
        rf::server_options options = small();
        options.on_listening = [&told](const std::string&) { told.set_value(); };
        return options;
    }

    std::promise<void> listening_;
    rf::function_server server_;
    std::thread thread_;
};

/// What is wrong with a response; empty: nothing.
std::string complaint(const expected& wanted, const response& got) {
    if (got.status != wanted.status)
        return "status " + std::to_string(got.status) + ", not " + std::to_string(wanted.status);
    for (const std::string& field : wanted.fields) {
        const bool absent = field.front() == '!';
        const std::size_t colon = field.find(": ");
        const std::string name = field.substr(absent ? 1 : 0, colon);
        const std::string* value = got.find(name);
        if (absent != (value == nullptr)) return (absent ? "there is " : "there is no ") + name;
        if (colon != field.npos && *value != field.substr(colon + 2)) return name + " is " + *value;
    }
    if (wanted.body != "?" && got.body != wanted.body) return "the body is " + got.body;
    return "";
}

void play_over_socket(const row& played, std::uint16_t port, std::size_t bytes_at_a_time) {
    raw_client client(port);
    std::string_view unsent = played.sent;
    // A server that has closed takes no more: what it answered counts.
    while (!unsent.empty() && client.send(unsent.substr(0, bytes_at_a_time)))
        unsent.remove_prefix(std::min(bytes_at_a_time, unsent.size()));
    bool is_head = played.sent.starts_with("HEAD ");
    for (const expected& wanted : played.answers) {
        const std::string wrong = complaint(wanted, client.receive(is_head));
        if (!wrong.empty()) throw std::runtime_error(wrong);
        is_head = false;
    }
    if (played.after == connection::closes) return client.expect_end();
    client.send("GET /function/running-count/idle HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (client.receive(false).body != "0")
        throw std::runtime_error("the connection is out of step");
}

void play_in_process(const row& played, rf::transport::in_process<rf::api::service>& functions) {
    rf::http::parser parser;
    parser.feed(played.sent);
    if (!parser.complete()) throw std::runtime_error("the parser does not take it");
    const rf::http::response given = functions.send(parser.take());
    response got{given.status, {}, given.body.text()};
    for (const auto& [name, value] : given.headers) got.fields.emplace_back(name, value);
    const bool has_body = !played.sent.starts_with("HEAD ") && given.status != 204;
    if (has_body) got.fields.emplace_back("Content-Length", std::to_string(got.body.size()));
    expected wanted = played.answers.front();
    // Who writes the head adds these.
    std::erase_if(wanted.fields, [](const std::string& field) {
        return field.starts_with("Content-Length") || field.starts_with("Date");
    });
    const std::string wrong = complaint(wanted, got);
    if (!wrong.empty()) throw std::runtime_error(wrong);
}

template <class Play>
bool succeeds(const row& played, const char* how, Play play) {
    try {
        play();
        return true;
    } catch (const std::exception& failure) {
        std::printf("FAILED conformance: RFC %s: %s (%s)\n           %s\n", played.section,
                    played.says, how, failure.what());
        return false;
    }
}

}  // namespace

int main() {
    rf::function_server embedded(small());
    add_functions(embedded);
    rf::transport::in_process functions(embedded.service());
    const running server;
    bool all = true;
    for (const auto& table : {request_lines(), fields(), bodies(), semantics()}) {
        for (const row& played : table) {
            bool good = succeeds(played, "as a whole", [&] {
                play_over_socket(played, server.port(), std::string::npos);
            });
            good &= succeeds(played, "byte by byte",
                             [&] { play_over_socket(played, server.port(), 1); });
            if (played.how == carried::in_process_too)
                good &= succeeds(played, "in_process", [&] { play_in_process(played, functions); });
            if (good) std::printf("ok     conformance: RFC %s: %s\n", played.section, played.says);
            all &= good;
        }
    }
    return all ? 0 : 1;
}
