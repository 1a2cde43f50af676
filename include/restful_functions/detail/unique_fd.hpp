/// unique_fd: the owner of one file descriptor, closed when its owner goes.
#pragma once

#include <unistd.h>

#include <utility>

namespace restful_functions::detail {

class unique_fd {
 public:
    unique_fd() noexcept = default;
    explicit unique_fd(int descriptor) noexcept : descriptor_(descriptor) {}
    unique_fd(unique_fd&& other) noexcept : descriptor_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        if (this != &other) {
            reset(other.release());
        }
        return *this;
    }
    unique_fd(const unique_fd&) = delete;
    unique_fd& operator=(const unique_fd&) = delete;
    ~unique_fd() { reset(); }

    [[nodiscard]] int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }

    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

    void reset(int descriptor = -1) noexcept {
        // Linux releases the number even when close() fails: a retry could close somebody else's.
        if (const int old = std::exchange(descriptor_, descriptor); old >= 0) {
            ::close(old);
        }
    }

 private:
    int descriptor_ = -1;
};

}  // namespace restful_functions::detail
