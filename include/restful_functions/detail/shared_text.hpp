/// shared_text: an immutable text that is in memory once, however many hold it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace restful_functions::detail {

/// Cheap to copy: a copy of a long text refers to the same bytes, which are freed with the last
/// holder. A short one is copied, which costs less than an allocation of its own.
class shared_text {
 public:
    /// The bytes from which on a text is shared.
    static constexpr std::size_t least_shared = std::size_t{16} * 1024;

    shared_text() = default;
    /// Takes the text over. Throws std::bad_alloc for a long one when there is no memory.
    shared_text(std::string text) : held_(std::move(text)) {
        auto& given = *std::get_if<std::string>(&held_);
        if (given.size() < least_shared) return;
        auto whole = std::make_shared<const std::string>(std::move(given));
        const std::string_view bytes = *whole;
        held_ = slice{std::move(whole), bytes};
    }
    shared_text(const char* text) : shared_text(std::string(text)) {}

    /// Valid as long as the text is neither assigned to nor destroyed; of a shared one as long as
    /// anyone holds it.
    [[nodiscard]] std::string_view view() const noexcept {
        const auto* part = std::get_if<slice>(&held_);
        return part != nullptr ? part->bytes : std::string_view(*std::get_if<std::string>(&held_));
    }
    operator std::string_view() const noexcept { return view(); }
    [[nodiscard]] std::size_t size() const noexcept { return view().size(); }

    /// Whether copies refer to the same bytes.
    [[nodiscard]] bool is_shared() const noexcept { return std::holds_alternative<slice>(held_); }

    /// At most `count` bytes from byte `first` on, which must be there or be the end. A long part
    /// shares the bytes of the whole, and keeps all of them in memory.
    [[nodiscard]] shared_text substr(std::size_t first, std::size_t count) const {
        const std::string_view part = view().substr(first, count);
        if (!is_shared() || part.size() < least_shared) return std::string(part);
        shared_text shared = *this;
        std::get_if<slice>(&shared.held_)->bytes = part;
        return shared;
    }

    friend bool operator==(const shared_text& one, std::string_view other) noexcept {
        return one.view() == other;
    }

 private:
    struct slice {
        std::shared_ptr<const std::string> whole;
        std::string_view bytes;
    };

    std::variant<std::string, slice> held_;
};

}  // namespace restful_functions::detail
