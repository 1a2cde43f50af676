/// task_witnesses: those who count, who write down and who tell what becomes of tasks.
#pragma once

#include <restful_functions/api/event_log.hpp>
#include <restful_functions/api/metrics.hpp>
#include <restful_functions/api/task_events.hpp>
#include <restful_functions/task/observer.hpp>
#include <restful_functions/task/record.hpp>

#include <chrono>
#include <optional>

namespace restful_functions::api {

/// The one observer of the store. All of them must outlive it, but for the telling one, which comes
/// later and goes before.
class task_witnesses final : public task::observer {
 public:
    task_witnesses(metrics& counting, event_log& writing) noexcept
        : counting_(counting), writing_(writing) {}

    void tell_to(task_events* telling) noexcept { telling_ = telling; }

    void on_arrival(const task::record& arrived) override {
        if (telling_ != nullptr) telling_->on_change(arrived);
    }
    void on_run(const task::record& started) override {
        if (telling_ != nullptr) telling_->on_change(started);
    }
    void on_end(const task::record& ended, std::optional<std::chrono::nanoseconds> ran) override {
        counting_.on_end(ended, ran);
        writing_.on_end(ended, ran);
        if (telling_ != nullptr) telling_->on_change(ended);
    }
    void on_departure(const task::record& left) override {
        counting_.on_departure(left);
        if (telling_ != nullptr) telling_->on_departure(left);
    }

 private:
    metrics& counting_;
    event_log& writing_;
    task_events* telling_ = nullptr;
};

}  // namespace restful_functions::api
