/// A transport of one's own: a JSON request a line on standard input, a JSON answer a line on
/// standard output.
///
///     {"id": 1, "method": "POST", "target": "/addition/keep-connection", "body": {"x": 3, "y": 6}}
///     {"id": 1, "status": 200, "body": 9}

#include <restful_functions.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

/// The body stands in the line as it is: all the paths asked for here answer with JSON.
void print(int id, const rf::http::response& response) {
    std::printf("{\"id\": %d, \"status\": %d, \"body\": %s}\n", id, response.status,
                response.body.text().c_str());
    std::fflush(stdout);
}

void handle(rf::api::service& service, const std::string& line) {
    rapidjson::Document json;
    json.Parse(line.c_str());
    rapidjson::StringBuffer body;
    rapidjson::Writer<rapidjson::StringBuffer> writer(body);
    json["body"].Accept(writer);
    rf::http::request request;
    request.method = json["method"].GetString();
    request.target = json["target"].GetString();
    request.body = body.GetString();
    service.handle(std::move(request), [id = json["id"].GetInt()](rf::http::response&& response) {
        print(id, response);
    });
}

/// Milliseconds for poll(2) until the service is to be dispatched again; -1 for no hurry.
int patience(const rf::api::service& service) {
    const auto deadline = service.next_deadline();
    if (!deadline) return -1;
    const auto left = *deadline - std::chrono::steady_clock::now();
    return std::max(0, int(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

int main() {
    rf::function_server server;
    server.add_function<addition>({.args = {"x", "y"}});
    rf::api::service& service = server.service();

    std::string unread;
    bool open = true;
    while (open || !service.idle()) {
        pollfd watched[] = {{open ? STDIN_FILENO : -1, POLLIN, 0},
                            {service.descriptor(), POLLIN, 0}};
        ::poll(watched, 2, patience(service));
        if (watched[0].revents != 0) {
            char bytes[4096];
            const auto count = ::read(STDIN_FILENO, bytes, sizeof bytes);
            open = count > 0;
            if (open) unread.append(bytes, static_cast<std::size_t>(count));
        }
        for (auto end = unread.find('\n'); end != unread.npos; end = unread.find('\n')) {
            handle(service, unread.substr(0, end));
            unread.erase(0, end + 1);
        }
        service.dispatch();
    }
}
