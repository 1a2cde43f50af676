/// names: what "{function_name}" and "{task_id}" in a path stand for, and the answer to a name that
/// nothing has.
#pragma once

#include <restful_functions/api/router.hpp>
#include <restful_functions/detail/nearest_name.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace restful_functions::api {

/// The index of a function that exists.
[[nodiscard]] inline std::uint32_t function_index(const registry& functions,
                                                  std::string_view name) {
    return static_cast<std::uint32_t>(functions.index_of(name).value());
}

/// The task of that id; nullptr when there is none, or when the text is no id.
[[nodiscard]] inline const task::record* find_task(const task::table& tasks, std::string_view id) {
    const auto parsed = task::uuid::parse(id);
    return parsed ? tasks.find(*parsed) : nullptr;
}

/// The answer to the id of no task.
[[nodiscard]] inline http::response task_not_found(std::string_view id) {
    return http::problem(
        404, "there is no task " + std::string(id) +
                 "; the id may be mistyped, or the task ended so long ago that it is forgotten");
}

/// Makes the router answer 404 where a path names a function or a task that does not exist.
inline void require_existing_names(router& routes, const registry& functions,
                                   const task::table& tasks) {
    routes.require(
        "{function_name}", [&functions](std::string_view name) -> std::optional<http::response> {
            if (functions.find(name) != nullptr) return std::nullopt;
            restful_functions::detail::nearest_name nearest(name);
            for (const function_definition& function : functions) nearest.consider(function.name);
            const std::string advice = nearest.found().empty()
                                           ? "; GET /function/list/text lists the functions"
                                           : nearest.question();
            return http::problem(404,
                                 "there is no function \"" + std::string(name) + "\"" + advice);
        });
    routes.require("{task_id}", [&tasks](std::string_view id) -> std::optional<http::response> {
        if (find_task(tasks, id) != nullptr) return std::nullopt;
        return task_not_found(id);
    });
}

}  // namespace restful_functions::api
