/// network: IP addresses, and the nets that they are in.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace restful_functions::http {

/// An IPv4 or IPv6 address. An IPv4 address that is mapped into IPv6 ("::ffff:192.0.2.1", as a
/// socket for both has it) is the IPv4 address.
class ip_address {
 public:
    /// nullopt: the text is not an address.
    [[nodiscard]] static std::optional<ip_address> parse(std::string_view text) {
        const std::string terminated(text);
        ip_address parsed;
        if (::inet_pton(AF_INET6, terminated.c_str(), parsed.bytes_.data()) == 1) return parsed;
        in_addr v4{};
        if (::inet_pton(AF_INET, terminated.c_str(), &v4) != 1) return std::nullopt;
        std::copy(mapped.begin(), mapped.end(), parsed.bytes_.begin());
        const auto* const first = reinterpret_cast<const std::uint8_t*>(&v4.s_addr);
        std::copy(first, first + sizeof v4.s_addr, parsed.bytes_.begin() + mapped.size());
        return parsed;
    }

    [[nodiscard]] bool is_v4() const noexcept {
        return std::equal(mapped.begin(), mapped.end(), bytes_.begin());
    }

    /// Whether the first bits, counted as in IPv6, are the same.
    [[nodiscard]] bool begins_as(const ip_address& other, std::size_t bits) const noexcept {
        const std::size_t whole = bits / 8;
        if (!std::equal(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(whole),
                        other.bytes_.begin()))
            return false;
        const std::size_t rest = bits % 8;
        return rest == 0 || ((bytes_[whole] ^ other.bytes_[whole]) >> (8 - rest)) == 0;
    }

    /// In the usual form, e.g. "192.0.2.1" or "2001:db8::1".
    [[nodiscard]] std::string to_string() const {
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (is_v4())
            ::inet_ntop(AF_INET, bytes_.data() + mapped.size(), text.data(), text.size());
        else
            ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
        return text.data();
    }

 private:
    // RFC 4291, 2.5.5.2.
    static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

    std::array<std::uint8_t, 16> bytes_{};
};

/// The addresses that begin with the same bits.
class network {
 public:
    /// "192.0.2.0/24", "2001:db8::/32" (RFC 4632, 3.1; RFC 4291, 2.3) or a single address. nullopt:
    /// the text is neither.
    [[nodiscard]] static std::optional<network> parse(std::string_view text) {
        const std::size_t slash = text.find('/');
        const auto address = ip_address::parse(text.substr(0, slash));
        if (!address) return std::nullopt;
        const bool is_v4 = text.substr(0, slash).find(':') == text.npos;
        const std::size_t longest = is_v4 ? 32 : 128;
        std::size_t bits = longest;
        if (slash != text.npos) {
            const std::string_view length = text.substr(slash + 1);
            const char* const end = length.data() + length.size();
            const auto read = std::from_chars(length.data(), end, bits);
            if (read.ec != std::errc() || read.ptr != end || bits > longest) return std::nullopt;
        }
        return network(*address, is_v4 ? bits + 96 : bits);
    }

    [[nodiscard]] bool contains(const ip_address& one) const noexcept {
        return one.begins_as(first_, bits_);
    }

 private:
    network(const ip_address& first, std::size_t bits) noexcept : first_(first), bits_(bits) {}

    ip_address first_;
    std::size_t bits_;
};

}  // namespace restful_functions::http
