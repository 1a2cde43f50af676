/// service_manager: what systemd, or another manager of its kind, tells a service and is told by
/// it.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions::detail {

/// Takes a variable out of the environment: what is meant for the server is not for its calls.
inline std::string take_variable(const char* name) {
    const char* const found = std::getenv(name);
    std::string value = found == nullptr ? "" : found;
    ::unsetenv(name);
    return value;
}

/// The listening sockets that were passed to this very process (sd_listen_fds(3)); they are its
/// caller's now. Takes the variables that tell of them, so that it has an answer once.
inline std::vector<unique_fd> take_passed_sockets() {
    constexpr int first = 3;
    const auto number = [](const std::string& text) {
        long long value = 0;
        const char* const end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, value);
        return !text.empty() && read.ec == std::errc() && read.ptr == end ? value : -1;
    };
    const auto pid = number(take_variable("LISTEN_PID"));
    const auto count = number(take_variable("LISTEN_FDS"));
    take_variable("LISTEN_FDNAMES");
    std::vector<unique_fd> passed;
    if (pid != ::getpid()) return passed;
    for (int i = 0; i < std::clamp(count, 0LL, 1024LL); ++i) passed.emplace_back(first + i);
    return passed;
}

/// Tells the manager that started the program how it is (sd_notify(3)); nobody, where there is
/// none. What cannot be told is lost: the manager has a time of its own for each thing.
class service_manager {
 public:
    service_manager() : socket_(take_variable("NOTIFY_SOCKET")) {}

    /// Lines such as "READY=1".
    void notify(std::string_view state) const noexcept {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        if (socket_.size() < 2 || socket_.size() >= sizeof name.sun_path) return;
        std::memcpy(name.sun_path, socket_.data(), socket_.size());
        // The first byte of an abstract name is written as '@' (unix(7)).
        const bool is_abstract = name.sun_path[0] == '@';
        if (is_abstract) name.sun_path[0] = '\0';
        const auto size = offsetof(sockaddr_un, sun_path) + socket_.size() + (is_abstract ? 0 : 1);
        const unique_fd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (!sender) return;
        ::sendto(sender.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&name), static_cast<socklen_t>(size));
    }

 private:
    std::string socket_;
};

}  // namespace restful_functions::detail
