/// A client that believes nothing: bytes go out as they are, and responses are read strictly.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conformance {

/// A response as it was read.
struct response {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;

    [[nodiscard]] const std::string* find(std::string_view name) const {
        const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
        for (const auto& [known, value] : fields) {
            if (std::equal(known.begin(), known.end(), name.begin(), name.end(),
                           [&](char a, char b) { return lower(a) == lower(b); }))
                return &value;
        }
        return nullptr;
    }
};

/// Each member throws std::runtime_error, which says what is wrong, also when nothing comes for ten
/// seconds.
class raw_client {
 public:
    explicit raw_client(std::uint16_t port)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const timeval patience{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
            throw std::runtime_error("cannot connect");
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    ~raw_client() { ::close(socket_); }

    /// false: the server takes no more.
    bool send(std::string_view bytes) {
        return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }

    /// The next final response.
    response receive(bool to_head) {
        for (;;) {
            response got = receive_head();
            if (got.status == 100) continue;
            if (got.find("Date") == nullptr) throw std::runtime_error("no Date");
            if (to_head || got.status == 204 || got.status == 304) return got;
            const std::string* length = got.find("Content-Length");
            if (length == nullptr) throw std::runtime_error("no Content-Length");
            got.body = take(std::stoul(*length));
            return got;
        }
    }

    /// The server has closed, and said nothing more.
    void expect_end() {
        if (!unread_.empty() || read_more()) throw std::runtime_error("more came: " + unread_);
    }

 private:
    response receive_head() {
        response got;
        const std::string status = line();
        if (status.size() < 13 || !status.starts_with("HTTP/1.1 ") || status[12] != ' ')
            throw std::runtime_error("the status line is " + status);
        got.status = std::stoi(status.substr(9, 3));
        for (std::string field; !(field = line()).empty();) {
            const std::size_t colon = field.find(": ");
            if (colon == 0 || colon == field.npos) throw std::runtime_error("a field is " + field);
            got.fields.emplace_back(field.substr(0, colon), field.substr(colon + 2));
        }
        return got;
    }

    std::string line() {
        std::size_t end;
        while ((end = unread_.find("\r\n")) == unread_.npos) {
            if (!read_more()) throw std::runtime_error("the connection ended within a head");
        }
        const std::string text = take(end);
        take(2);
        if (text.find('\n') != text.npos) throw std::runtime_error("a line ends in LF alone");
        return text;
    }

    std::string take(std::size_t size) {
        while (unread_.size() < size) {
            if (!read_more()) throw std::runtime_error("the connection ended within a body");
        }
        std::string taken = unread_.substr(0, size);
        unread_.erase(0, size);
        return taken;
    }

    bool read_more() {
        std::array<char, 4096> buffer;
        const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (size < 0) throw std::runtime_error("nothing came, or the connection was reset");
        unread_.append(buffer.data(), static_cast<std::size_t>(size));
        return size > 0;
    }

    int socket_;
    std::string unread_;
};

}  // namespace conformance
