#include <restful_functions/transport/passed_listener.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace transport = restful_functions::transport;
using restful_functions::detail::unique_fd;

namespace {

transport::listener pass(unique_fd socket) {
    std::vector<unique_fd> passed;
    passed.push_back(std::move(socket));
    return transport::listen_at_passed(std::move(passed));
}

}  // namespace

TEST_CASE("a socket that is passed is listened at, and tells where that is") {
    for (const char* host : {"127.0.0.1", "0.0.0.0"}) {
        auto opened = transport::listen(transport::tcp_address{host, 0});
        ::fcntl(opened.sockets.front().get(), F_SETFD, 0);
        ::fcntl(opened.sockets.front().get(), F_SETFL, 0);
        const auto port = opened.port;
        const auto passed = pass(std::move(opened.sockets.front()));
        CHECK(passed.port == port);
        CHECK(passed.url == "http://" + std::string(host) + ":" + std::to_string(port));
        CHECK(passed.is_local == (host == std::string("127.0.0.1")));
        CHECK(passed.is_passed);
        CHECK(::fcntl(passed.sockets.front().get(), F_GETFD) == FD_CLOEXEC);
        CHECK((::fcntl(passed.sockets.front().get(), F_GETFL) & O_NONBLOCK) != 0);
    }
}

TEST_CASE("the file of a socket that is passed stays when the server ends") {
    const temporary_directory here;
    const std::string path = here.file("socket");
    auto opened = transport::listen(transport::unix_address{path});
    { CHECK(pass(std::move(opened.sockets.front())).url == "unix:" + path); }
    CHECK(::access(path.c_str(), F_OK) == 0);
}

TEST_CASE("sockets of TCP are told from those of the file system") {
    const temporary_directory here;
    auto tcp = transport::listen(transport::tcp_address{"127.0.0.1", 0});
    auto file = transport::listen(transport::unix_address{here.file("socket")});
    CHECK(transport::has_tcp(tcp));
    CHECK_FALSE(transport::has_tcp(file));
    std::vector<unique_fd> both;
    both.push_back(std::move(file.sockets.front()));
    both.push_back(std::move(tcp.sockets.front()));
    CHECK(transport::has_tcp(transport::listen_at_passed(std::move(both))));
}

TEST_CASE("what is no listening socket is refused") {
    CHECK_THROWS_AS(pass(unique_fd(::socket(AF_INET, SOCK_STREAM, 0))), std::invalid_argument);
    CHECK_THROWS_AS(pass(unique_fd(::socket(AF_UNIX, SOCK_DGRAM, 0))), std::invalid_argument);
    CHECK_THROWS_AS(pass(unique_fd(::open("/dev/null", O_RDONLY))), std::invalid_argument);
}
