/// Where one can listen, and what is said where one cannot.
#include <restful_functions/transport/listener.hpp>

#include "../temporary_directory.hpp"
#include "../text_parts.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace transport = restful_functions::transport;

namespace {

/// A list of IPv4 addresses as getaddrinfo() gives it.
class address_list {
 public:
    explicit address_list(const std::vector<std::uint32_t>& hosts)
        : names_(hosts.size()), list_(hosts.size()) {
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            names_[i].sin_family = AF_INET;
            names_[i].sin_addr.s_addr = htonl(hosts[i]);
            list_[i].ai_family = AF_INET;
            list_[i].ai_addr = reinterpret_cast<sockaddr*>(&names_[i]);
            list_[i].ai_addrlen = sizeof names_[i];
            if (i > 0) list_[i - 1].ai_next = &list_[i];
        }
    }
    const addrinfo* first() const { return list_.data(); }

 private:
    std::vector<sockaddr_in> names_;
    std::vector<addrinfo> list_;
};

template <class Address>
std::string refusal(const Address& where) {
    try {
        transport::listen(where);
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "listens";
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

TEST_CASE("port 0 is a free port, which can be read") {
    const transport::listener opened = transport::listen(transport::tcp_address{"127.0.0.1", 0});
    CHECK(opened.port != 0);
    CHECK(opened.url == "http://127.0.0.1:" + std::to_string(opened.port));
    CHECK(opened.sockets.size() == 1);
    CHECK((::fcntl(opened.sockets[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a busy port is named, with what to do") {
    const transport::listener opened = transport::listen(transport::tcp_address{"127.0.0.1", 0});
    const std::string text = refusal(transport::tcp_address{"127.0.0.1", opened.port});
    CHECK(contains(text, "127.0.0.1:" + std::to_string(opened.port)));
    CHECK(contains(text, "choose another port"));
}

TEST_CASE("an earlier call's error is not taken for a busy port") {
    const transport::listener opened = transport::listen(transport::tcp_address{"127.0.0.1", 0});
    CHECK(contains(refusal(transport::tcp_address{"127.0.0.1", opened.port}), "another program"));
    errno = EADDRINUSE;
    CHECK(refusal(transport::tcp_address{"127.0.0.1", 0}) == "listens");
}

TEST_CASE("an address that a host has twice is listened to once") {
    address_list twice({INADDR_LOOPBACK, INADDR_LOOPBACK + 1, INADDR_LOOPBACK});
    const transport::listener opened =
        transport::detail::listen_at(twice.first(), {"127.0.0.1", 0});
    CHECK(opened.sockets.size() == 2);
}

TEST_CASE("a free port that no two addresses share is looked for a few times only") {
    address_list overlapping({INADDR_LOOPBACK, INADDR_ANY});
    CHECK_THROWS_AS(transport::detail::listen_at(overlapping.first(), {"127.0.0.1", 0}),
                    std::system_error);
}

TEST_CASE("a refusal of the system says what to do") {
    CHECK(contains(transport::detail::tcp_advice(EACCES), "ports below 1024 need rights"));
    CHECK(contains(transport::detail::tcp_advice(EADDRNOTAVAIL), "no interface"));
    CHECK(contains(transport::detail::unix_advice(EACCES), "choose another directory"));
}

TEST_CASE("an unknown host is named") {
    CHECK(contains(refusal(transport::tcp_address{"no.such.host.invalid", 80}),
                   "no.such.host.invalid:80: the host is unknown"));
}

TEST_CASE("an address of another machine is named") {
    CHECK(contains(refusal(transport::tcp_address{"192.0.2.1", 80}), "192.0.2.1:80: no interface"));
}

TEST_CASE("IPv6 addresses are written in brackets") {
    CHECK(transport::to_string(transport::tcp_address{"::1", 80}) == "[::1]:80");
}

TEST_CASE("a name with several addresses has one port at all of them") {
    const transport::listener opened = transport::listen(transport::tcp_address{"localhost", 0});
    REQUIRE(!opened.sockets.empty());
    for (const auto& socket : opened.sockets)
        CHECK(transport::detail::port_of(socket.get()) == opened.port);
}

TEST_CASE("a Unix socket is its user's alone, and goes with its listener") {
    const temporary_directory here;
    const std::string path = here.file("socket");
    {
        const transport::listener opened = transport::listen(transport::unix_address{path});
        struct stat made {};
        REQUIRE(::lstat(path.c_str(), &made) == 0);
        CHECK(S_ISSOCK(made.st_mode));
        CHECK((made.st_mode & 0777) == 0600);
        CHECK(opened.url == "unix:" + path);
        CHECK(opened.port == 0);
    }
    CHECK_FALSE(exists(path));
}

TEST_CASE("a Unix socket is for those that its mode names, whatever the umask is") {
    const temporary_directory here;
    const mode_t before = ::umask(0077);
    const transport::listener opened =
        transport::listen(transport::unix_address{here.file("socket")}, 0666);
    ::umask(before);
    struct stat made {};
    REQUIRE(::lstat(here.file("socket").c_str(), &made) == 0);
    CHECK((made.st_mode & 0777) == 0666);
}

TEST_CASE("a socket file that no one listens to is replaced") {
    const temporary_directory here;
    const std::string path = here.file("socket");
    {
        transport::listener gone = transport::listen(transport::unix_address{path});
        ::rename(path.c_str(), here.file("kept").c_str());  // as if it had not cleaned up
    }
    ::rename(here.file("kept").c_str(), path.c_str());
    REQUIRE(exists(path));
    { const transport::listener opened = transport::listen(transport::unix_address{path}); }
    CHECK_FALSE(exists(path));
}

TEST_CASE("a listener leaves a file alone that has taken the place of its own") {
    const temporary_directory here;
    const std::string path = here.file("socket");
    std::optional<transport::listener> first = transport::listen(transport::unix_address{path});
    ::unlink(path.c_str());
    const transport::listener second = transport::listen(transport::unix_address{path});
    first.reset();
    CHECK(exists(path));
}

TEST_CASE("a path where a server listens is refused, and left as it is") {
    const temporary_directory here;
    const std::string path = here.file("socket");
    const transport::listener opened = transport::listen(transport::unix_address{path});
    CHECK(contains(refusal(transport::unix_address{path}), path + ": a server listens there"));
    CHECK(exists(path));
}

TEST_CASE("a file that is no socket is not replaced") {
    const temporary_directory here;
    const std::string path = here.file("data");
    ::close(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK(contains(refusal(transport::unix_address{path}), path));
    CHECK(exists(path));
    ::unlink(path.c_str());
}

TEST_CASE("a path that cannot be one is refused") {
    CHECK(contains(refusal(transport::unix_address{std::string(200, 'x')}), "at most 107"));
    CHECK(contains(refusal(transport::unix_address{""}), "at least one byte"));
    CHECK(contains(refusal(transport::unix_address{"/no/such/directory/socket"}),
                   "the directory is not there"));
}
