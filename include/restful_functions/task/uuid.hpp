/// uuid: a task's name, 128 random bits from the operating system (RFC 9562, version 4).
#pragma once

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace restful_functions::task {

/// A universally unique identifier: 16 bytes, written as 36 characters.
class uuid {
 public:
    using bytes = std::array<std::uint8_t, 16>;

    /// The nil UUID, which names no task.
    constexpr uuid() noexcept = default;
    /// Exactly these 16 bytes, whatever version they claim.
    constexpr explicit uuid(const bytes& value) noexcept : bytes_(value) {}

    /// Version 4 (RFC 9562, 5.4): 122 of these bits, with the version and the variant put in.
    [[nodiscard]] static constexpr uuid from_random(bytes random) noexcept {
        random[6] = static_cast<std::uint8_t>((random[6] & 0x0F) | 0x40);
        random[8] = static_cast<std::uint8_t>((random[8] & 0x3F) | 0x80);
        return uuid(random);
    }

    /// Reads 8-4-4-4-12 hexadecimal digits of either case; nullopt for anything else.
    [[nodiscard]] static constexpr std::optional<uuid> parse(std::string_view text) noexcept {
        if (text.size() != text_size) return std::nullopt;
        uuid result;
        std::size_t at = 0;
        for (std::uint8_t& byte : result.bytes_) {
            if (is_hyphen_position(at) && text[at++] != '-') return std::nullopt;
            const int high = digit_value(text[at++]);
            const int low = digit_value(text[at++]);
            if (high < 0 || low < 0) return std::nullopt;
            byte = static_cast<std::uint8_t>(high * 16 + low);
        }
        return result;
    }

    /// The canonical text, in lower case: "c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa".
    [[nodiscard]] std::string to_string() const {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text;
        text.reserve(text_size);
        for (const std::uint8_t byte : bytes_) {
            if (is_hyphen_position(text.size())) text += '-';
            text += digits[byte >> 4];
            text += digits[byte & 0x0F];
        }
        return text;
    }

    /// All bits folded into one word. They are random already: this is as good as any hash.
    [[nodiscard]] std::size_t hash() const noexcept {
        std::uint64_t halves[2];
        std::memcpy(halves, bytes_.data(), sizeof halves);
        return static_cast<std::size_t>(halves[0] ^ halves[1]);
    }

    friend constexpr auto operator<=>(const uuid&, const uuid&) noexcept = default;

 private:
    static constexpr std::size_t text_size = 36;

    static constexpr bool is_hyphen_position(std::size_t at) noexcept {
        return at == 8 || at == 13 || at == 18 || at == 23;
    }

    static constexpr int digit_value(char c) noexcept {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    }

    bytes bytes_{};
};

/// Makes version 4 UUIDs. Asks the system for many at once: a system call each would cost more than
/// the rest of them.
class uuid_source {
 public:
    /// getrandom(2), or what a test puts in its place.
    using random_function = ::ssize_t (*)(void* buffer, std::size_t size, unsigned flags);

    explicit uuid_source(random_function random = ::getrandom) noexcept : random_(random) {}

    /// A UUID that was never given before. Throws std::system_error when the system has no random
    /// bits.
    [[nodiscard]] uuid next() {
        if (used_ == pool_.size()) refill();
        uuid::bytes random;
        std::copy_n(pool_.data() + used_, random.size(), random.data());
        used_ += random.size();
        return uuid::from_random(random);
    }

 private:
    void refill() {
        for (std::size_t filled = 0; filled < pool_.size();) {
            const ::ssize_t got = random_(pool_.data() + filled, pool_.size() - filled, 0);
            // A signal may cut a request of more than 256 bytes short, or off (getrandom(2)).
            if (got < 0 && errno != EINTR)
                throw std::system_error(errno, std::generic_category(), "getrandom");
            if (got > 0) filled += static_cast<std::size_t>(got);
        }
        used_ = 0;
    }

    random_function random_;
    std::array<std::uint8_t, 256 * sizeof(uuid::bytes)> pool_;
    std::size_t used_ = pool_.size();
};

}  // namespace restful_functions::task

template <>
struct std::hash<restful_functions::task::uuid> {
    std::size_t operator()(const restful_functions::task::uuid& id) const noexcept {
        return id.hash();
    }
};
