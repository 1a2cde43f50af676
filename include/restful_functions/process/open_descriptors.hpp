/// open_descriptors: which numbers of descriptors a process has open.
#pragma once

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>

namespace restful_functions::process::detail {

/// Of the numbers below 1,024: poll(2) tells of all of them in one system call.
class open_descriptors {
 public:
    /// Those of this process, now.
    [[nodiscard]] static open_descriptors now() noexcept {
        std::array<pollfd, most> asked{};
        for (std::size_t number = 0; number < most; ++number) {
            asked[number].fd = static_cast<int>(number);
        }
        rlimit limit{};  // more than it allows are not looked at
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const auto count = static_cast<nfds_t>(std::min<rlim_t>(limit.rlim_cur, most));
        open_descriptors seen;
        if (::poll(asked.data(), count, 0) < 0) return seen;
        for (std::size_t number = 0; number < count; ++number) {
            seen.numbers_[number] = (asked[number].revents & POLLNVAL) == 0;
        }
        return seen;
    }

    /// Those that are open here and were not before.
    [[nodiscard]] open_descriptors since(const open_descriptors& before) const noexcept {
        open_descriptors opened;
        opened.numbers_ = numbers_ & ~before.numbers_;
        return opened;
    }

    void close() const noexcept {
        for (std::size_t number = 0; number < most && numbers_.any(); ++number) {
            if (numbers_[number]) ::close(static_cast<int>(number));
        }
    }

 private:
    static constexpr std::size_t most = 1024;

    std::bitset<most> numbers_;
};

}  // namespace restful_functions::process::detail
