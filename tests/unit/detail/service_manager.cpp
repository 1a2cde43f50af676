#include <restful_functions/detail/service_manager.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

using namespace restful_functions::detail;

namespace {

/// What a manager hears at an address.
class ears {
 public:
    explicit ears(std::string address) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
        if (address.front() == '@') address.front() = '\0';
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, address.data(), address.size());
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&name),
                       static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size())) ==
                0);
    }

    std::string hear() const {
        std::array<char, 100> text{};
        const auto size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
        return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
    }

 private:
    unique_fd socket_;
};

}  // namespace

TEST_CASE("a manager is told at its address, in the file system or abstract") {
    const temporary_directory here;
    for (const std::string& address :
         {here.file("socket"), "@restful-functions-unit-" + std::to_string(::getpid())}) {
        const ears manager(address);
        ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
        const service_manager told;
        told.notify("READY=1");
        CHECK(manager.hear() == "READY=1");
        CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
    }
}

TEST_CASE("where no manager listens, nothing happens") {
    for (const char* address : {"", "@", "/no/such/socket"}) {
        ::setenv("NOTIFY_SOCKET", address, 1);
        service_manager().notify("READY=1");
    }
    ::setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
    service_manager().notify("READY=1");
    CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
}

TEST_CASE("sockets that were passed to somebody else are not taken") {
    const auto passed_to = [](const std::string& pid, const char* count) {
        ::setenv("LISTEN_PID", pid.c_str(), 1);
        ::setenv("LISTEN_FDS", count, 1);
        return take_passed_sockets().size();
    };
    CHECK(passed_to(std::to_string(::getppid()), "1") == 0);
    CHECK(passed_to("", "1") == 0);
    CHECK(passed_to(std::to_string(::getpid()) + "x", "1") == 0);
    CHECK(passed_to(std::to_string(::getpid()), "0") == 0);
    CHECK(passed_to(std::to_string(::getpid()), "-1") == 0);
    CHECK(passed_to(std::to_string(::getpid()), "many") == 0);
    CHECK(::getenv("LISTEN_PID") == nullptr);
    CHECK(::getenv("LISTEN_FDS") == nullptr);
    CHECK(take_passed_sockets().empty());
}
