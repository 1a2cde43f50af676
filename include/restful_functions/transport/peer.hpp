/// peer: who is at the other end of a connection.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>

namespace restful_functions::transport::detail {

/// Its address, such as "127.0.0.1" or "::1"; "unix" in the file system.
inline std::string peer_of(int descriptor) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return "";
    if (storage.ss_family == AF_UNIX) return "unix";
    const void* address =
        storage.ss_family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr)
            : &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr;
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(storage.ss_family, address, text.data(), text.size());
    return text.data();
}

}  // namespace restful_functions::transport::detail
