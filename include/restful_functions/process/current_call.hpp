/// current_call: what a function can ask and tell about the call that it serves.
#pragma once

#include <restful_functions/detail/utf8_parts.hpp>
#include <restful_functions/process/news.hpp>
#include <restful_functions/process/pending_output.hpp>
#include <restful_functions/process/slot.hpp>

#include <pthread.h>
#include <semaphore.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace restful_functions {

namespace process::detail {

/// The slot of the call that this process serves; null in every other process, those that the
/// function forks included.
inline slot_header* current_slot = nullptr;

/// Whether SIGTERM was taken over by the function, so that a process it forks must give it back.
inline std::atomic<bool> owns_sigterm{false};

/// Of those who take it over: threads may ask whether to stop while another one adds a clean-up.
inline std::mutex sigterm_mutex;

/// Whether stop_requested() has seen to SIGTERM in this call. Any thread of the function may ask.
inline std::atomic<bool> stop_is_asked_for{false};

/// For the fork server: what is registered before a fork costs the new process nothing.
inline void forget_call_in_grandchildren() {
    ::pthread_atfork(nullptr, nullptr, [] {
        current_slot = nullptr;
        if (owns_sigterm) std::signal(SIGTERM, SIG_DFL);
    });
}

/// Runs what on_terminate registered, on a thread of its own: a signal handler may do next to
/// nothing (signal-safety(7)), a clean-up may do anything.
class clean_ups {
 public:
    /// Lives as long as the process, whatever static destructors run.
    static clean_ups& instance() {
        static auto* const only = new clean_ups;
        return *only;
    }

    void add(std::function<void()> clean_up) {
        const std::lock_guard lock(mutex_);
        clean_ups_.push_back(std::move(clean_up));
    }

    /// What the call before registered is no business of the next one.
    static void forget() {
        if (wanted_ == nullptr) return;
        const std::lock_guard lock(instance().mutex_);
        instance().clean_ups_.clear();
    }

    [[nodiscard]] static bool exist() noexcept { return wanted_ != nullptr; }

    /// Does not return when there are clean-ups and they run or are about to: they end the process.
    static void let_finish() noexcept {
        while (wanted_ != nullptr && (running_.load(std::memory_order_acquire) ||
                                      current_slot->stop_requested.load() != 0)) {
            ::pause();
        }
    }

 private:
    clean_ups() {
        ::sem_init(&terminated_, 0, 0);
        std::thread([this] { wait_and_run(); }).detach();
        const std::lock_guard lock(sigterm_mutex);
        wanted_ = &terminated_;
        owns_sigterm = true;
        std::signal(SIGTERM, [](int) {
            running_.store(true, std::memory_order_release);
            ::sem_post(wanted_);
        });
    }

    void wait_and_run() {
        while (::sem_wait(&terminated_) != 0) {
        }
        std::vector<std::function<void()>> last_first;
        {
            const std::lock_guard lock(mutex_);
            last_first.swap(clean_ups_);
        }
        std::reverse(last_first.begin(), last_first.end());
        for (const auto& clean_up : last_first) clean_up();
        std::signal(SIGTERM, write_and_die);
        ::kill(::getpid(), SIGTERM);
    }

    static inline sem_t* wanted_ = nullptr;
    static inline std::atomic<bool> running_{false};
    sem_t terminated_;
    std::mutex mutex_;
    std::vector<std::function<void()>> clean_ups_;
};

/// What stop_requested() took over in the call before is no business of the next one.
inline void give_sigterm_back() {
    stop_is_asked_for = false;
    if (clean_ups::exist() || !owns_sigterm.exchange(false)) return;
    std::signal(SIGTERM, write_and_die);
}

}  // namespace process::detail

/// Tells how far the call is: `fraction` from 0 to 1, and a message of which at most 240 bytes are
/// kept, and no part of a character. Clients see it in `/task/info` and `/task/events`. Costs some
/// stores to memory, and while somebody follows the task a system call now and then. For one thread
/// at a time; outside of a call it does nothing.
inline void progress(double fraction, std::string_view message = {}) noexcept {
    process::slot_header* slot = process::detail::current_slot;
    if (slot == nullptr) return;
    process::progress_note& note = slot->progress;
    const std::uint32_t before = note.sequence.load(std::memory_order_relaxed);
    note.sequence.store(before + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    note.fraction = fraction;
    if (message.size() > sizeof note.message) {
        message = message.substr(0, sizeof note.message);
        message.remove_suffix(restful_functions::detail::unfinished_bytes(message));
    }
    note.message_size = static_cast<std::uint32_t>(message.size());
    std::copy_n(message.data(), note.message_size, note.message);
    note.sequence.store(before + 2, std::memory_order_release);
    process::tell_news(*slot);
}

/// The id of the task that this process serves, as clients write it; empty outside of a call.
[[nodiscard]] inline std::string_view task_id() noexcept {
    const process::slot_header* slot = process::detail::current_slot;
    return slot == nullptr
               ? std::string_view()
               : std::string_view(slot->label, ::strnlen(slot->label, sizeof slot->label));
}

/// Whether the call is to end: its time is over, or somebody terminated it. From the first time on
/// that a function asks, SIGTERM does not end its process any more: it has the `grace` of its
/// registration to return or to exit. What it still returns is not used. May be called from any
/// thread of the function.
[[nodiscard]] inline bool stop_requested() noexcept {
    const process::slot_header* slot = process::detail::current_slot;
    if (slot == nullptr) return false;
    auto& asked = process::detail::stop_is_asked_for;
    if (!asked.load(std::memory_order_relaxed) &&
        !asked.exchange(true, std::memory_order_relaxed)) {
        const std::lock_guard lock(process::detail::sigterm_mutex);
        if (process::detail::ends_process(SIGTERM)) {
            process::detail::owns_sigterm = true;
            std::signal(SIGTERM, [](int) {});
        }
    }
    return slot->stop_requested.load(std::memory_order_relaxed) != 0;
}

/// Has `clean_up` run when the call is to end before its time: its time is over, or somebody
/// terminated it. It runs on a thread of its own while the function goes on; the last one
/// registered runs first, and when all have run, the process ends. What is not done within the
/// `grace` of the registration is cut off. Outside of a call it does nothing. Throws
/// std::system_error when no thread can be had.
inline void on_terminate(std::function<void()> clean_up) {
    if (process::detail::current_slot != nullptr) {
        process::detail::clean_ups::instance().add(std::move(clean_up));
    }
}

}  // namespace restful_functions
