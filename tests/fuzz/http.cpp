/// The bytes of a connection, played to the whole service but for its sockets and processes: each
/// request is answered once, with a response that can be written. A function is run where its
/// arguments have arrived. "TASK" in a target stands for the id of the task that was started last.

#include <restful_functions/api/service.hpp>
#include <restful_functions/api/service_options.hpp>
#include <restful_functions/function/make_definition.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/parser.hpp>
#include <restful_functions/http/writer.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/process/protocol.hpp>
#include <restful_functions/process/slot.hpp>
#include <restful_functions/task/function_program.hpp>

#include "property.hpp"
#include "simulated_processes.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rf = restful_functions;
namespace api = restful_functions::api;
namespace http = restful_functions::http;
namespace process = restful_functions::process;

namespace {

struct circle {
    double radius = 1;
    std::optional<std::string> label;
};

int addition(int x, int y) {
    return static_cast<int>(static_cast<unsigned>(x) + static_cast<unsigned>(y));
}
double area(circle c) { return 3 * c.radius * c.radius; }
std::vector<std::string> echo(std::vector<std::string> texts) { return texts; }
rf::blob mirror(rf::blob image) { return image; }
void fails() { throw std::runtime_error("why\n\xff"); }
void waits() {}  // its process never says that it has returned

const rf::registry& functions() {
    static const rf::registry all = [] {
        rf::registry made;
        made.add(rf::make_definition<waits>({.max_concurrency = 1, .max_queued = 1}));
        made.add(rf::make_definition<addition>({.args = {{"x", "A value"}, "y"}}));
        made.add(rf::make_definition<area>({.args = {"c"}, .isolation = rf::isolation::worker}));
        made.add(rf::make_definition<echo>({.args = {"texts"}}));
        made.add(rf::make_definition<mirror>({.args = {"image"}}));
        made.add(rf::make_definition<fails>({}));
        return made;
    }();
    return all;
}

/// Who may do what depends on what the input asks with.
api::service_options options_for(std::string_view bytes) {
    api::service_options options;
    options.executor = {
        .max_processes = 4, .warm_processes = 1, .max_payload = 2000, .log_bytes = 100};
    options.results.max_finished_tasks = 3;
    options.idempotency.max_keys = 2;
    if (bytes.find("Authorization") != bytes.npos) {
        options.access.tokens = {{.secret = "secret", .name = "t"},
                                 {.secret = "reader",
                                  .name = "r",
                                  .grant = {.scopes = {rf::scope::read}, .functions = {"echo"}}}};
        options.access.users = {{.name = "user", .password = "pass"}};
    }
    if (bytes.find("Origin") != bytes.npos) {
        options.access.allowed_hosts = {"example.org"};
        options.access.allowed_origins = {"https://example.org"};
    }
    return options;
}

class connection {
 public:
    explicit connection(const api::service_options& options)
        : program_(functions()),
          system_(options.executor),
          service_(functions(), options, system_) {
        play();
    }

    void receive(std::string_view bytes) {
        while (!bytes.empty() && !parser_.refused()) {
            bytes.remove_prefix(parser_.feed(bytes));
            if (parser_.complete()) ask(parser_.take());
        }
    }

    /// Ends the tasks that are left; whoever waits for them is answered then.
    void finish() {
        service_.drain();
        service_.kill_all();
        play();
        fuzz::require(service_.idle(), "no task outlives its process");
        fuzz::require(unanswered_ == 0, "each request is answered");
    }

 private:
    void ask(http::request&& request) {
        if (const std::size_t at = request.target.find("TASK"); at != std::string::npos)
            request.target.replace(at, 4, last_task_);
        const http::exchange with(request);
        ++unanswered_;
        auto answered = std::make_shared<bool>(false);
        service_.handle(std::move(request), [this, answered, with](http::response&& given) {
            fuzz::require(!std::exchange(*answered, true), "a request is answered once");
            --unanswered_;
            take(std::move(given), with);
        });
        play();
    }

    void take(http::response&& given, const http::exchange& with) {
        std::string head;
        http::write_head(head, given, with);
        fuzz::require(given.status >= 200 && given.status < 600, "a response has a status", head);
        fuzz::require(head.find("\r\n\r\n") == head.size() - 4 &&
                          static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n')) <=
                              given.headers.size() + 8,
                      "a head has a line for each field", head);
        const std::string* type = given.headers.find("Content-Type");
        fuzz::require(given.status != 500 || type == nullptr || *type != "application/problem+json",
                      "no handler throws", given.body.text());
        const bool is_json = type != nullptr && type->find("json") != std::string::npos;
        const bool is_packed = given.headers.find("Content-Encoding") != nullptr;
        const bool is_whole = given.status != 206 && !given.stream && !given.body.empty();
        if (is_json && is_whole && !is_packed && !is_of_a_client(given))
            fuzz::require(rf::json::is_valid(given.body.text()), "what is called JSON is JSON",
                          given.body.text());
        if (const std::string* location = given.headers.find("Location");
            location != nullptr && location->starts_with("task/info/"))
            last_task_ = location->substr(10);
        if (given.stream) streams_.push_back(std::move(given.stream));
    }

    /// A blob is what its client sent, whatever type it has.
    static bool is_of_a_client(const http::response& given) {
        return given.headers.find("Content-Security-Policy") != nullptr;
    }

    /// Plays the fork server and the processes until there is nothing more to do.
    void play() {
        for (int idle_rounds = 0; idle_rounds < 2; ++idle_rounds) {
            for (const process::command& next : system_.take_commands()) {
                obey(next);
                idle_rounds = 0;
            }
            for (std::uint32_t index = 0; index < system_.layout().slots(); ++index) {
                if (serve(index)) idle_rounds = 0;
            }
            service_.dispatch();
            for (const auto& stream : streams_) static_cast<void>(stream->take());
        }
    }

    void obey(const process::command& next) {
        const std::uint32_t index = next.process.slot;
        switch (next.what) {
            case process::command::kind::spawn: {
                auto state = process::slot_state::vacant;
                system_.slot(index).header().state.compare_exchange_strong(
                    state, process::slot_state::parked);
                processes_[index] = next.process;
                break;
            }
            case process::command::kind::kill:
                if (next.signal == SIGKILL) end(next.process, SIGKILL);
                break;
            case process::command::kind::carry_log:
                system_.report(
                    {.what = process::report::kind::log_carried, .process = next.process});
                break;
            case process::command::kind::answer:
                system_.report({.what = process::report::kind::ready});
                break;
        }
    }

    /// Runs the call of a slot, as the process there would. false: there is none.
    bool serve(std::uint32_t index) {
        const auto lives = processes_.find(index);
        if (lives == processes_.end()) return false;
        const process::slot own = system_.slot(index);
        process::slot_header& header = own.header();
        if (header.state == process::slot_state::dismissed) {
            end(lives->second, 0);
            return true;
        }
        if (header.state != process::slot_state::called) return false;
        header.state = process::slot_state::running;
        if (header.entry == 0) return false;
        process::window output{own.payload(), own.capacity()};
        // The result takes the place of the input.
        const std::string input(own.payload(), header.input_size);
        header.result = process::verdict::returned;
        try {
            program_.run(header.entry, input, output);
            header.type_size = static_cast<std::uint32_t>(output.type_size);
            if (output.overflow) header.result = process::verdict::too_large;
        } catch (const std::exception& error) {
            header.result = process::verdict::threw;
            const std::string_view what(error.what());
            output.size = std::min(what.size(), output.capacity);
            std::copy_n(what.data(), output.size, output.data);
        }
        header.output_size = output.size;
        const bool stays = header.how != rf::isolation::process;
        header.stays = stays ? 1 : 0;
        header.state = process::slot_state::done;
        system_.complete();
        if (!stays) end(lives->second, 0);
        return true;
    }

    void end(process::process_id ended, int status) {
        const auto lives = processes_.find(ended.slot);
        if (lives == processes_.end() || lives->second != ended) return;
        processes_.erase(lives);
        system_.report({.what = process::report::kind::exited, .process = ended, .value = status});
    }

    rf::task::function_program program_;
    fuzz::simulated_processes system_;
    std::map<std::uint32_t, process::process_id> processes_;
    std::string last_task_ = "none";
    int unanswered_ = 0;
    std::vector<std::shared_ptr<http::body_stream>> streams_;
    http::parser parser_;
    api::service service_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    connection client(options_for(bytes));
    client.receive(bytes);
    client.finish();
    return 0;
}
