/// call_executor: what the dispatcher asks of the layer that runs processes.
#pragma once

#include <restful_functions/process/call_labels.hpp>
#include <restful_functions/process/events.hpp>
#include <restful_functions/process/hand_over.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace restful_functions::task {

/// Of each started call the dispatcher hears twice, through dispatcher::end and then through
/// dispatcher::depart, and never from inside start() or stop().
template <class T>
concept call_executor = requires(T executor, const T& known, std::uint32_t entry,
                                 std::string_view text, const process::call_labels& labels,
                                 process::call_id call, std::chrono::milliseconds grace) {
    { executor.start(entry, text, labels) } -> std::same_as<std::optional<process::call_id>>;
    { executor.stop(call, grace) } -> std::same_as<bool>;
    { known.progress(call) } -> std::same_as<std::optional<process::progress_report>>;
    executor.watch(call);
    { known.log(call) } -> std::same_as<process::log_excerpt>;
};

}  // namespace restful_functions::task
