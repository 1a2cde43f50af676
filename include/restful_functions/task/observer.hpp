/// observer: hears what becomes of every task.
#pragma once

#include <restful_functions/task/record.hpp>

#include <chrono>
#include <optional>

namespace restful_functions::task {

/// Told by the store, in the order of what happens. Records are valid during the call only, and an
/// observer neither starts nor ends tasks.
class observer {
 public:
    observer() = default;
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    virtual ~observer() = default;

    /// Its call has arrived. It may run at once.
    virtual void on_arrival(const record&) {}
    /// It runs from now on.
    virtual void on_run(const record&) {}
    /// It has ended, after it ran for so long; nullopt: it never did.
    virtual void on_end(const record&, std::optional<std::chrono::nanoseconds>) {}
    /// Its process is gone, and what it used and printed is in the record.
    virtual void on_departure(const record&) {}
};

}  // namespace restful_functions::task
