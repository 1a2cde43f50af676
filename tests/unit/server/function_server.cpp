/// The whole server: how it starts, serves and ends.
#include <restful_functions/function_server.hpp>
#include <restful_functions/transport/listener.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <future>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace rf = restful_functions;
using namespace std::chrono_literals;

namespace {

int addition(int x, int y) { return x + y; }

// Ends when somebody has written a line to the FIFO.
std::string line_from(std::string fifo) {
    std::string line;
    std::ifstream file(fifo);
    std::getline(file, line);
    return line;
}

// The same, and SIGTERM does not end it.
std::string stubborn_line_from(std::string fifo) {
    std::signal(SIGTERM, SIG_IGN);
    return line_from(std::move(fifo));
}

class fifo {
 public:
    fifo() { REQUIRE(::mkfifo(path().c_str(), 0600) == 0); }
    std::string path() const { return directory_.file("fifo"); }
    std::string argument() const { return R"({"fifo": ")" + path() + "\"}"; }

 private:
    temporary_directory directory_;
};

/// A server that runs in a thread of its own until it ends.
class running {
 public:
    explicit running(rf::server_options options = {}) : server(with_signal(std::move(options))) {
        server.add_function<addition>({.args = {"x", "y"}});
        server.add_function<line_from>({.args = {"fifo"}});
        server.add_function<stubborn_line_from>(
            {.args = {"fifo"}, .name = "short_grace", .grace = 50ms});
        server.add_function<stubborn_line_from>(
            {.args = {"fifo"}, .name = "long_grace", .grace = 1h});
        server.service();
        thread_ = std::thread([this] { server.start(); });
        listening_.get_future().wait();
    }
    ~running() {
        if (thread_.joinable()) {
            server.stop();
            thread_.join();
        }
    }
    void wait() { thread_.join(); }

    std::promise<void> listening_;
    rf::function_server server;

 private:
    rf::server_options with_signal(rf::server_options options) {
        options.port = 0;
        options.on_listening = [this](const std::string&) { listening_.set_value(); };
        return options;
    }

    std::thread thread_;
};

class connection {
 public:
    explicit connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected = ::connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
    }
    ~connection() { ::close(socket_); }

    void post(const std::string& target, const std::string& body) {
        const std::string request = "POST " + target +
                                    " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    "Content-Length: " +
                                    std::to_string(body.size()) + "\r\n\r\n" + body;
        send(request);
    }

    void send(const std::string& request) {
        REQUIRE(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(request.size()));
    }

    std::string receive_all() {
        std::string all;
        char buffer[4096];
        for (ssize_t size; (size = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;)
            all.append(buffer, static_cast<std::size_t>(size));
        return all;
    }

    bool connected = false;

 private:
    int socket_;
};

std::string call(std::uint16_t port, const std::string& target, const std::string& body) {
    connection c(port);
    REQUIRE(c.connected);
    c.post(target, body);
    return c.receive_all();
}

std::string get(std::uint16_t port, const std::string& host) {
    connection c(port);
    REQUIRE(c.connected);
    c.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    return c.receive_all();
}

/// Whether a server listens at the port (proc(5), /proc/net/tcp). Connections that are tried again
/// and again would keep it from its end.
bool is_listening(std::uint16_t port) {
    char wanted[8];
    std::snprintf(wanted, sizeof wanted, ":%04X", port);
    std::ifstream table("/proc/net/tcp");
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string number;
        std::string local;
        std::string remote;
        std::string state;
        fields >> number >> local >> remote >> state;
        if (state == "0A" && local.ends_with(wanted)) return true;
    }
    return false;
}

/// What a client who was there before the end is told when it calls addition after that.
std::string answer_at_the_end(const rf::server_options& options) {
    std::string received;
    // A busy machine may take longer than the second that a client has.
    for (int tries = 0; received.empty() && tries < 10; ++tries) {
        running up(options);
        connection kept(up.server.port());
        REQUIRE(kept.connected);
        CHECK(get(up.server.port(), "localhost").starts_with("HTTP/1.1 200 "));  // kept is accepted
        up.server.stop();
        while (is_listening(up.server.port())) {
        }
        kept.send(
            "POST /addition/keep-connection HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Length: 13\r\n\r\n{\"x\":3,\"y\":6}");
        received = kept.receive_all();
        up.wait();
    }
    return received;
}

/// A server in a process of its own, with a socket that was passed to it.
class passed_to {
 public:
    passed_to(const std::string& host, const rf::server_options& options) {
        const auto opened = rf::transport::listen(rf::transport::tcp_address{host, 0});
        port = opened.port;
        process_ = ::fork();
        if (process_ == 0) serve(opened.sockets.front().get(), options);
    }
    passed_to(const passed_to&) = delete;
    passed_to& operator=(const passed_to&) = delete;
    ~passed_to() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }

    std::uint16_t port = 0;

 private:
    [[noreturn]] static void serve(int socket, const rf::server_options& options) {
        constexpr int first_passed = 3;
        ::dup2(socket, first_passed);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", "1", 1);
        try {
            rf::function_server(options).start();
        } catch (const std::exception& failure) {
            std::fprintf(stderr, "%s\n", failure.what());
        }
        ::_exit(0);
    }

    pid_t process_ = -1;
};

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// The limits of open descriptors as they were found; a test's change ends with it.
class descriptor_limit {
 public:
    descriptor_limit() { ::getrlimit(RLIMIT_NOFILE, &found_); }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &found_); }

    void lower_to(rlim_t soft) const {
        const rlimit lower{soft, found_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    }
    rlim_t soft() const { return found_.rlim_cur; }

 private:
    rlimit found_{};
};

// A handler's address: doctest cannot print functions.
std::uintptr_t disposition(int signal) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    return reinterpret_cast<std::uintptr_t>(now.sa_handler);
}

}  // namespace

TEST_CASE("a server calls its functions until it is stopped") {
    running up;
    CHECK(up.server.port() != 0);
    CHECK(up.server.url() == "http://127.0.0.1:" + std::to_string(up.server.port()));
    CHECK(ends_with(call(up.server.port(), "/addition/keep-connection", R"({"x": 3, "y": 6})"),
                    "\r\n\r\n9"));
    up.server.stop();
    up.wait();
    CHECK_FALSE(connection(up.server.port()).connected);
}

TEST_CASE("a server serves on a Unix socket instead") {
    const fifo here;
    const std::string path = here.path() + ".sock";
    running up({.unix_socket = path});
    CHECK(up.server.port() == 0);
    CHECK(up.server.url() == "unix:" + path);
    struct stat made {};
    CHECK(::stat(path.c_str(), &made) == 0);
    CHECK((made.st_mode & 0777) == 0600);
    up.server.stop();
    up.wait();
    CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a server's Unix socket is for those that the options name") {
    const fifo here;
    const std::string path = here.path() + ".sock";
    const running up({.unix_socket = path, .unix_socket_mode = 0660});
    struct stat made {};
    CHECK(::stat(path.c_str(), &made) == 0);
    CHECK((made.st_mode & 0777) == 0660);
}

TEST_CASE("a server that is told nothing listens on loopback only") {
    const running up;
    CHECK(up.server.url() == "http://127.0.0.1:" + std::to_string(up.server.port()));
}

TEST_CASE("a program that the server's process executes has no descriptor of the server's") {
    const auto seen_by_another = [] {
        std::string numbers;
        FILE* list = ::popen("exec ls /proc/self/fd", "r");
        for (char name[16]; std::fscanf(list, "%15s", name) == 1;) numbers += name;
        ::pclose(list);
        return numbers;
    };
    const std::string before = seen_by_another();
    const running up;
    CHECK(get(up.server.port(), "localhost").starts_with("HTTP/1.1 200 "));
    CHECK(seen_by_another() == before);
}

TEST_CASE("a stop before the start makes the start return") {
    rf::function_server server({.port = 0});
    server.stop();
    server.start();
    CHECK(server.port() != 0);
}

TEST_CASE("where a server listens can be asked from another thread, at any time") {
    rf::function_server server({.port = 0});
    auto served = std::async(std::launch::async, [&] { server.start(); });
    while (server.url().empty() && served.wait_for(0s) == std::future_status::timeout) {
        std::this_thread::yield();
    }
    CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()));
    server.stop();
    served.get();
}

TEST_CASE("a server starts once") {
    rf::function_server server({.port = 0});
    server.stop();
    server.start();
    CHECK_THROWS_AS(server.start(), std::logic_error);
}

TEST_CASE("functions are added before the server starts") {
    rf::function_server server;
    server.service();
    CHECK_THROWS_WITH_AS(server.add_function<addition>({.args = {"x", "y"}}),
                         "the function \"addition\" comes too late: add functions before the "
                         "server starts",
                         std::logic_error);
}

TEST_CASE("a server that strangers can reach wants to know who may call, or that all may") {
    const auto start = [](rf::server_options options) {
        options.host = "0.0.0.0";
        options.port = 0;
        rf::function_server server(std::move(options));
        server.stop();
        server.start();
    };
    CHECK_THROWS_WITH_AS(start({}), doctest::Contains("set allow_anonymous"),
                         std::invalid_argument);
    CHECK_NOTHROW(start({.allow_anonymous = true}));
    CHECK_NOTHROW(start({.tokens = {{.secret = "s"}}}));
    CHECK_NOTHROW(start({.users = {{.name = "n", .password = "p"}}}));
    CHECK_NOTHROW(start({.authorizer = [](const auto&, const auto&) { return true; }}));
}

TEST_CASE("on loopback a request for another name is refused, where the name was not told") {
    {
        const running up;
        CHECK(get(up.server.port(), "localhost").starts_with("HTTP/1.1 200 "));
        CHECK(get(up.server.port(), "evil.example").starts_with("HTTP/1.1 421 "));
    }
    const running known({.allowed_hosts = {"evil.example"}});
    CHECK(get(known.server.port(), "evil.example").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("whether a name is refused follows the socket that was passed, and not the options") {
    const passed_to reached_by_others("0.0.0.0", {.allow_anonymous = true});
    CHECK(get(reached_by_others.port, "public.example").starts_with("HTTP/1.1 200 "));
    const passed_to local("127.0.0.1", {.host = "0.0.0.0"});
    CHECK(get(local.port, "localhost").starts_with("HTTP/1.1 200 "));
    CHECK(get(local.port, "evil.example").starts_with("HTTP/1.1 421 "));
    const passed_to known("127.0.0.1", {.host = "0.0.0.0", .allowed_hosts = {"a.example"}});
    CHECK(get(known.port, "a.example").starts_with("HTTP/1.1 200 "));
    CHECK(get(known.port, "b.example").starts_with("HTTP/1.1 421 "));
}

TEST_CASE("a busy port is an exception that names it") {
    running up;
    rf::function_server second({.port = up.server.port(), .handle_signals = false});
    const std::string where = "127.0.0.1:" + std::to_string(up.server.port());
    std::string text;
    try {
        second.start();
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::address_in_use);
        text = error.what();
    }
    CHECK(text.find(where) != text.npos);
}

TEST_CASE("a server that could not listen can be started again") {
    std::optional<running> up(std::in_place);
    rf::function_server second({.port = up->server.port(), .handle_signals = false});
    CHECK_THROWS_AS(second.start(), std::system_error);
    up.reset();
    second.stop();
    second.start();
    CHECK(second.port() != 0);
    CHECK_THROWS_AS(second.start(), std::logic_error);
}

TEST_CASE("a server makes room for the descriptors of its connections") {
    const descriptor_limit before;
    before.lower_to(256);
    rf::function_server server({.port = 0, .max_connections = 300});
    server.stop();
    server.start();
    CHECK(descriptor_limit().soft() > 300);
}

TEST_CASE("the limits of a request reach the transport") {
    const auto options = rf::detail::http_options_of({.max_header_bytes = 1,
                                                      .max_header_fields = 2,
                                                      .max_body_bytes = 3,
                                                      .max_incoming_bytes = 4});
    CHECK(options.limits.max_header_bytes == 1);
    CHECK(options.limits.max_fields == 2);
    CHECK(options.limits.max_body_bytes == 3);
    CHECK(options.max_incoming_bytes == 4);
}

TEST_CASE("when it joins, a server lets a running call end and takes no other") {
    for (const int signal : {0, SIGINT, SIGTERM}) {
        CAPTURE(signal);
        if (signal != 0) std::signal(signal, SIG_DFL);  // a background job ignores SIGINT
        const fifo line;
        running up;
        connection c(up.server.port());
        c.post("/line_from/keep-connection", line.argument());
        std::ofstream writer(line.path());  // opens when the call reads
        connection idle(up.server.port());
        REQUIRE(idle.connected);
        if (signal == 0)
            up.server.stop();
        else
            std::raise(signal);
        while (is_listening(up.server.port())) {
        }
        writer << "the end" << std::endl;
        CHECK(ends_with(c.receive_all(), "\r\n\r\n\"the end\""));
        up.wait();
    }
}

TEST_CASE("a call that runs longer than a server drains is ended") {
    const fifo line;
    running up({.drain_timeout = 50ms});
    connection c(up.server.port());
    c.post("/line_from/keep-connection", line.argument());
    const std::ofstream writer(line.path());  // opens when the call reads
    up.server.stop();
    CHECK(ends_with(c.receive_all(), "\r\n\r\n\"Manual Termination\""));
    up.wait();
}

TEST_CASE("a client that keeps its connection is served once more when the server ends") {
    const std::string received = answer_at_the_end({});
    CHECK(received.find("\r\nConnection: close\r\n\r\n9") != std::string::npos);
}

TEST_CASE("a second stop ends the calls that run") {
    const fifo line;
    running up;
    connection c(up.server.port());
    c.post("/line_from/keep-connection", line.argument());
    const std::ofstream writer(line.path());
    up.server.stop();
    up.server.stop();
    CHECK(c.receive_all().find("Manual Termination") != std::string::npos);
    up.wait();
}

TEST_CASE("when it terminates, a server ends the calls that run") {
    const fifo line;
    running up({.shutdown_mode = rf::shutdown_mode::terminate});
    connection c(up.server.port());
    c.post("/line_from/keep-connection", line.argument());
    const std::ofstream writer(line.path());
    up.server.stop();
    CHECK(c.receive_all().find("Manual Termination") != std::string::npos);
    up.wait();
}

TEST_CASE("when it terminates, a server takes no further calls, also of clients that are there") {
    const std::string received = answer_at_the_end({.shutdown_mode = rf::shutdown_mode::terminate});
    CHECK(received.starts_with("HTTP/1.1 503 "));
}

TEST_CASE("a call that ignores SIGTERM ends with its grace when the server terminates") {
    const fifo line;
    running up({.shutdown_mode = rf::shutdown_mode::terminate});
    connection c(up.server.port());
    c.post("/short_grace/keep-connection", line.argument());
    const std::ofstream writer(line.path());
    up.server.stop();
    CHECK(c.receive_all().find("Manual Termination") != std::string::npos);
    up.wait();
}

TEST_CASE("a second stop leaves no grace") {
    const fifo line;
    running up({.shutdown_mode = rf::shutdown_mode::terminate});
    connection c(up.server.port());
    c.post("/long_grace/keep-connection", line.argument());
    const std::ofstream writer(line.path());
    up.server.stop();
    up.server.stop();
    CHECK(c.receive_all().find("Manual Termination") != std::string::npos);
    up.wait();
}

TEST_CASE("signals do afterwards what they did before") {
    std::signal(SIGINT, SIG_DFL);  // a background job ignores it
    const auto before_int = disposition(SIGINT);
    const auto before = disposition(SIGTERM);
    {
        running up;
        CHECK(disposition(SIGINT) != before_int);
        CHECK(disposition(SIGTERM) != before);
        up.server.stop();
        up.wait();
    }
    CHECK(disposition(SIGINT) == before_int);
    CHECK(disposition(SIGTERM) == before);
}

TEST_CASE("signals are left alone when the server is told so") {
    const auto before = disposition(SIGTERM);
    const running up({.handle_signals = false});
    CHECK(disposition(SIGTERM) == before);
}

TEST_CASE("signals stop one server at a time") {
    running up;
    rf::function_server second({.port = 0});
    CHECK_THROWS_AS(second.start(), std::logic_error);
}
