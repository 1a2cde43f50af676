/// task_witnesses: those who count and those who write down what becomes of tasks.
#pragma once

#include <restful_functions/api/event_log.hpp>
#include <restful_functions/api/metrics.hpp>
#include <restful_functions/task/observer.hpp>
#include <restful_functions/task/record.hpp>

#include <chrono>
#include <optional>

namespace restful_functions::api {

/// The one observer of the store. Both must outlive it.
class task_witnesses final : public task::observer {
 public:
    task_witnesses(metrics& counting, event_log& writing) noexcept
        : counting_(counting), writing_(writing) {}

    void on_end(const task::record& ended, std::optional<std::chrono::nanoseconds> ran) override {
        counting_.on_end(ended, ran);
        writing_.on_end(ended, ran);
    }
    void on_departure(const task::record& left) override { counting_.on_departure(left); }

 private:
    metrics& counting_;
    event_log& writing_;
};

}  // namespace restful_functions::api
