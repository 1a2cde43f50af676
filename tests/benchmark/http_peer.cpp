/// The same functions without isolation: cpp-httplib runs them in its own threads.

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <httplib.h>
#include <signal.h>

#include <cstdio>
#include <string>

namespace {

/// Sends `value` as JSON.
template <class Value>
void answer(httplib::Response& response, const Value& value) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    value.Accept(writer);
    response.set_content(text.GetString(), text.GetSize(), "application/json");
}

void addition(const httplib::Request& request, httplib::Response& response) {
    rapidjson::Document body;
    body.Parse(request.body.data(), request.body.size());
    if (!body.IsObject() || !body.HasMember("x") || !body["x"].IsInt() || !body.HasMember("y") ||
        !body["y"].IsInt()) {
        response.status = 400;
        return;
    }
    answer(response, rapidjson::Value(body["x"].GetInt() + body["y"].GetInt()));
}

void echo(const httplib::Request& request, httplib::Response& response) {
    rapidjson::Document body;
    body.Parse(request.body.data(), request.body.size());
    if (!body.IsObject() || !body.HasMember("text") || !body["text"].IsString()) {
        response.status = 400;
        return;
    }
    answer(response, body["text"]);
}

}  // namespace

int main() {
    httplib::Server server;
    // A thread serves one connection for as long as it lives: fewer than there are connections
    // would leave some of them unserved. Its other defaults end a connection after five requests.
    server.new_task_queue = [] { return new httplib::ThreadPool(16); };
    server.set_keep_alive_max_count(1'000'000'000);
    server.set_tcp_nodelay(true);
    server.Post("/addition", addition);
    server.Post("/echo", echo);
    std::printf("listening on http://127.0.0.1:%d\n", server.bind_to_any_port("127.0.0.1"));
    std::fflush(stdout);
    return server.listen_after_bind() ? 0 : 1;
}
