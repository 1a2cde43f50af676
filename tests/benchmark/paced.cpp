/// A client with one connection that posts every 2 ms and tells how long the answers took:
/// `paced PORT PATH BODY EXPECTED SECONDS`. Any other answer ends it with an error.

#include "pacing.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

[[noreturn]] void give_up(std::string_view what, std::string_view detail) {
    std::fprintf(stderr, "paced: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
                 static_cast<int>(detail.size()), detail.data());
    std::exit(1);
}

int connected(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        give_up("cannot connect to port", std::to_string(port));
    }
    return socket;
}

/// Where the body of a whole answer begins; npos while some of it is missing.
std::size_t whole_body(const std::string& answer) {
    const auto end_of_head = answer.find("\r\n\r\n");
    if (end_of_head == std::string::npos) return std::string::npos;
    constexpr std::string_view name = "\r\nContent-Length: ";
    for (std::size_t at = answer.find("\r\n"); at < end_of_head; at = answer.find("\r\n", at + 2)) {
        if (::strncasecmp(answer.data() + at, name.data(), name.size()) != 0) continue;
        const auto body = end_of_head + 4;
        const auto length = std::strtoull(answer.data() + at + name.size(), nullptr, 10);
        return answer.size() - body >= length ? body : std::string::npos;
    }
    give_up("an answer without Content-Length", answer);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) give_up("usage", "paced PORT PATH BODY EXPECTED SECONDS");
    const std::string body = argv[3];
    const std::string_view expected = argv[4];
    const std::string request = "POST " + std::string(argv[2]) +
                                " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    const int socket = connected(static_cast<std::uint16_t>(std::stoi(argv[1])));
    std::array<char, 4096> buffer;
    std::string answer;

    print_paced(std::stod(argv[5]), [&] {
        const auto start = std::chrono::steady_clock::now();
        if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            give_up("the connection has ended", "");
        }
        answer.clear();
        std::size_t from = std::string::npos;
        while (from == std::string::npos) {
            const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
            if (count <= 0) give_up("the connection has ended after", answer);
            answer.append(buffer.data(), static_cast<std::size_t>(count));
            from = whole_body(answer);
        }
        const auto took = std::chrono::steady_clock::now() - start;
        if (!answer.starts_with("HTTP/1.1 200 ") || answer.substr(from) != expected) {
            give_up("an answer other than expected", answer);
        }
        return took;
    });
    ::close(socket);
}
