/// fork_server_link: one descriptor and one queue in front of whichever fork server runs at the
/// moment.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/process/executor_options.hpp>
#include <restful_functions/process/fork_server_process.hpp>
#include <restful_functions/process/frozen_memory.hpp>
#include <restful_functions/process/host_threads.hpp>
#include <restful_functions/process/operating_system.hpp>
#include <restful_functions/process/program.hpp>
#include <restful_functions/process/program_descriptors.hpp>
#include <restful_functions/process/protocol.hpp>

#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace restful_functions::process {

class fork_server_link {
 public:
    /// What there is to see to, in this order.
    struct events {
        bool completions = false;  ///< a slot may be done
        bool reports = false;      ///< `receive` has something to tell
    };

    /// Starts a fork server and waits until it is up. Throws std::system_error when the system
    /// refuses.
    fork_server_link(program& work, const executor_options& options, operating_system& system)
        : work_(work),
          options_(options),
          system_(system),
          open_files_(descriptor_limit()),
          epoll_(checked(system.epoll_create(EPOLL_CLOEXEC), "epoll_create1")) {
        detail::pause_openmp();
        // With other threads, the fork server freezes its copy.
        if (detail::is_single_threaded()) image_ = frozen_memory::freeze(system);
        start(true);
        server_->wait_until_ready();
    }

    [[nodiscard]] int descriptor() const noexcept { return epoll_.get(); }

    /// There is a fork server, and so there are slots.
    [[nodiscard]] bool up() const noexcept { return server_ != nullptr; }

    /// The slots; only while `up()`.
    [[nodiscard]] const slot_arena& arena() const noexcept { return server_->arena(); }

    /// 0 while there is none.
    [[nodiscard]] pid_t pid() const noexcept { return server_ ? server_->pid() : 0; }

    /// Takes the readiness of the descriptor back. Never blocks.
    [[nodiscard]] events take_events() const noexcept {
        events seen;
        std::array<epoll_event, 2> ready;
        const int count = ::epoll_wait(epoll_.get(), ready.data(), ready.size(), 0);
        for (const epoll_event& event :
             std::span(ready).first(static_cast<std::size_t>(std::max(count, 0)))) {
            if (event.data.fd == server_->completion()) {
                server_->take_completions();
                seen.completions = true;
            } else {
                seen.reports = seen.reports || (event.events & ~std::uint32_t{EPOLLOUT}) != 0;
            }
        }
        return seen;
    }

    /// Receives one packet; `gone`: the fork server has died, and `end` says how.
    [[nodiscard]] transfer receive(std::array<report, packet_size>& reports,
                                   std::size_t& count) const noexcept {
        return server_->receive(reports, count);
    }

    void push(const command& next) {
        forks_ += next.what == command::kind::spawn ? 1 : 0;
        unsent_.push_back(next);
    }

    /// Processes that were asked for so far.
    [[nodiscard]] std::uint64_t forks() const noexcept { return forks_; }

    /// Sends what was pushed, in order and in as few packets as possible. What the channel does not
    /// take now is sent by a later flush, for which the descriptor becomes ready.
    void flush() {
        std::span<const command> rest(unsent_);
        while (server_ && !rest.empty()) {
            const auto packet = rest.first(std::min(packet_size, rest.size()));
            if (server_->send(packet) != transfer::complete) {
                break;  // a fork server that is gone is noticed when its channel is read
            }
            rest = rest.subspan(packet.size());
        }
        unsent_.erase(unsent_.begin(), unsent_.end() - static_cast<std::ptrdiff_t>(rest.size()));
        if (const bool blocked = server_ && !unsent_.empty(); blocked != blocked_) {
            blocked_ = blocked;
            watch(EPOLL_CTL_MOD, server_->channel(), blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
        }
    }

    /// Starts a fork server where there is none, which is one that takes another's place or the
    /// first. Throws std::system_error when the system refuses.
    void start(bool is_first = false) {
        auto fresh = std::make_unique<fork_server_process>(options_, open_files_, opened_,
                                                           image_ ? image_->descriptor() : -1,
                                                           is_first, work_, system_);
        watch(EPOLL_CTL_ADD, fresh->completion(), EPOLLIN);
        watch(EPOLL_CTL_ADD, fresh->channel(), EPOLLIN);
        server_ = std::move(fresh);
    }

    /// Says how the fork server died: "killed by SIGKILL (Killed)". The slots stay for `release`.
    [[nodiscard]] std::string end() { return server_->end(); }

    /// Lets the dead fork server's slots go, and what was to be sent to it.
    void release() {
        // A process that is about to die still holds the other ends: closing ours would not end the
        // watch.
        watch(EPOLL_CTL_DEL, server_->completion(), 0);
        watch(EPOLL_CTL_DEL, server_->channel(), 0);
        server_.reset();
        unsent_.clear();
        blocked_ = false;
    }

 private:
    static rlimit descriptor_limit() noexcept {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        return limit;
    }

    void watch(int operation, int descriptor, std::uint32_t interest) const {
        epoll_event event{.events = interest, .data = {.fd = descriptor}};
        checked(::epoll_ctl(epoll_.get(), operation, descriptor, &event), "epoll_ctl");
    }

    program& work_;
    executor_options options_;
    operating_system& system_;
    rlimit open_files_;           ///< that the server had before it raised it for its clients
    program_descriptors opened_;  ///< listed before the server opens anything
    restful_functions::detail::unique_fd epoll_;
    std::optional<frozen_memory> image_;
    std::unique_ptr<fork_server_process> server_;  ///< null while none can be had
    std::vector<command> unsent_;
    bool blocked_ = false;
    std::uint64_t forks_ = 0;
};

}  // namespace restful_functions::process
