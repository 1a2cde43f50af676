/// backlog: bytes that a client has sent before their turn came.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::transport::detail {

/// Empty, it holds no memory: most connections are idle.
class backlog {
 public:
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

    /// Whether no more should be read.
    [[nodiscard]] bool full() const noexcept { return bytes_.size() - begin_ >= most; }

    [[nodiscard]] std::string_view view() const noexcept {
        return std::string_view(bytes_).substr(begin_);
    }

    void append(std::string_view bytes) { bytes_.append(bytes); }

    void clear() noexcept {
        std::string().swap(bytes_);
        begin_ = 0;
    }

    /// Drops the first bytes of the view, without moving the others each time.
    void drop(std::size_t size) noexcept {
        begin_ += size;
        if (begin_ >= bytes_.size()) {
            clear();
        } else if (begin_ >= most) {
            bytes_.erase(0, begin_);
            begin_ = 0;
        }
    }

 private:
    static constexpr std::size_t most = 64 * 1024;

    std::string bytes_;
    std::size_t begin_ = 0;
};

}  // namespace restful_functions::transport::detail
