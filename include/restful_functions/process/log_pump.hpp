/// log_pump: carries what the task processes print from their pipes into the logs of their slots.
/// It lives in the fork server, so that a call that prints without end costs the server nothing.
#pragma once

#include <restful_functions/detail/outlet.hpp>
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/news.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/slot_arena.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace restful_functions::process {

class log_pump {
 public:
    /// That it takes of `lists` for each slot.
    static constexpr std::size_t list_bytes =
        sizeof(restful_functions::detail::unique_fd) + sizeof(std::uint32_t);

    /// Keeps `layout.log_bytes()` of each log; with `pass_through` also writes it all to the
    /// standard error stream. Throws std::system_error when the memory cannot be had.
    log_pump(const slot_layout& layout, int arena_file, bool pass_through, operating_system& system,
             std::pmr::memory_resource* lists)
        : layout_(layout),
          mapping_(layout, arena_file, system),
          system_(system),
          pipes_(layout.slots(), lists),
          watched_(lists) {
        watched_.reserve(layout.slots());
        if (pass_through) standard_error_.emplace(STDERR_FILENO);
    }

    /// Opens the log of a slot's next process, and returns where that is to write; nullopt, with
    /// errno, when the system refuses a pipe.
    [[nodiscard]] std::optional<restful_functions::detail::unique_fd> open(std::uint32_t slot) {
        int ends[2];
        if (system_.pipe(ends, O_CLOEXEC) != 0) return std::nullopt;
        // Only our end: a process that prints faster than we carry waits, as it would for a
        // terminal.
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        pipes_[slot].reset(ends[0]);
        return restful_functions::detail::unique_fd(ends[1]);
    }

    /// Adds the open pipes to a list for poll(2).
    void watch(std::pmr::vector<pollfd>& list) {
        watched_.clear();
        for (std::uint32_t slot = 0; slot < pipes_.size(); ++slot) {
            if (pipes_[slot]) {
                watched_.push_back(slot);
                list.push_back({pipes_[slot].get(), POLLIN, 0});
            }
        }
    }

    /// Carries a portion of what each pipe of the last `watch` holds, given what poll(2) said of
    /// it.
    void carry(std::span<const pollfd> polled) {
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled[i].revents != 0 && !carry_portion(watched_[i])) {
                pipes_[watched_[i]].reset();  // everybody has closed the other end
            }
        }
    }

    /// Carries what is in a pipe now. What is printed meanwhile is not waited for.
    void carry_all(std::uint32_t slot) {
        for (int portions = 0;
             pipes_[slot] && portions < most_portions && carry_portion(slot) && portion_size_ > 0;
             ++portions) {
        }
    }

    /// Carries what a process has left in its pipe, and closes it.
    void close(std::uint32_t slot) {
        carry_all(slot);
        pipes_[slot].reset();
    }

 private:
    /// More than a pipe holds (pipe(7)).
    static constexpr int most_portions = 64;

    /// false: the end of the pipe was reached. `portion_size_` is 0 when nothing was there.
    bool carry_portion(std::uint32_t slot) {
        const log_ring log = layout_.log_at(mapping_.memory(), slot);
        log.begin_carrying();
        const ssize_t size = ::read(pipes_[slot].get(), buffer_.data(), buffer_.size());
        portion_size_ = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
        const std::string_view text(buffer_.data(), portion_size_);
        if (!text.empty()) {
            log.append(text);
            tell_news(layout_.at(mapping_.memory(), slot).header());
            if (standard_error_) pass_on(text);
        }
        log.end_carrying();
        return size != 0;
    }

    /// Whoever reads the server's standard error slowly must not stop the forks: what cannot be
    /// written at once is left out.
    void pass_on(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t size = standard_error_->write(text);
            if (size <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    slot_layout layout_;
    arena_mapping mapping_;
    operating_system& system_;
    std::optional<restful_functions::detail::outlet> standard_error_;  ///< to pass all on to
    std::pmr::vector<restful_functions::detail::unique_fd>
        pipes_;  ///< the end to read from, by slot
    std::pmr::vector<std::uint32_t> watched_;
    std::array<char, 64 * 1024> buffer_;
    std::size_t portion_size_ = 0;
};

}  // namespace restful_functions::process
