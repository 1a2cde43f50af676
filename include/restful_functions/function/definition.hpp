/// A registered function with its types erased: below this line nothing is a template.
#pragma once

#include <restful_functions/function/arg_definition.hpp>
#include <restful_functions/function/argument_error.hpp>
#include <restful_functions/function/callable.hpp>
#include <restful_functions/json/members.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/json/parse.hpp>
#include <restful_functions/json/refusal.hpp>
#include <restful_functions/json/writer.hpp>
#include <restful_functions/process/limits.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restful_functions {

/// Why the body of a call is not a JSON object at all.
struct body_error {
    std::string detail;  ///< for people, with the byte at which the text stops being JSON
};

/// A function that a server offers: what the catalogue shows of it, and how to call it.
///
/// A value that can be copied; the copies share the function itself.
struct function_definition {
    std::string name;
    std::vector<arg_definition> args;
    std::size_t max_concurrency = 0;  ///< calls at the same time; 0: no limit of its own
    std::string description;
    std::chrono::milliseconds timeout = std::chrono::hours(24);
    std::size_t max_queued = 0;  ///< calls that wait; 0: none
    restful_functions::limits limits{};
    std::chrono::milliseconds grace = std::chrono::seconds(2);  ///< from SIGTERM to SIGKILL
    std::shared_ptr<const detail::callable> callable;

    /// What `check` finds; std::monostate when the function can be called.
    using verdict = std::variant<std::monostate, body_error, argument_error>;

    /// Whether a request's body is a call of this function. An empty body counts as `{}`.
    ///
    /// Of several bad arguments it names the first one in the order of `args`; an unknown one comes
    /// after them.
    verdict check(std::string_view body) const;

    /// Calls the function with the arguments in `body`, and writes its result as JSON to `out`.
    ///
    /// Throws what the function throws; std::invalid_argument when `check` would have refused the
    /// body, or when the result cannot be written as JSON.
    void invoke(std::string_view body, json::output& out) const;

    /// Decodes and encodes values that mean nothing, so that a waiting process has touched the code
    /// and the memory that a call needs. The function itself is not called.
    void warm_up() const noexcept;
};

namespace detail {

/// The object that a request's body holds; an empty body counts as `{}`.
inline json::decoded<json::document> parse_body(std::string_view body) {
    auto document = json::parse(body.empty() ? "{}" : body);
    if (document && !document->IsObject()) return json::refusal{"not a JSON object", {}};
    return document;
}

/// Why `value` cannot be an argument. A codec of the user's may throw; that is a refusal.
inline std::optional<json::refusal> why_not(const callable& function, std::size_t argument,
                                            const json::value& value) {
    try {
        return function.check(argument, value);
    } catch (const std::exception& thrown) {
        return json::refusal{thrown.what(), {}};
    } catch (...) {
        return json::refusal{"its codec threw something that is no std::exception", {}};
    }
}

}  // namespace detail

inline function_definition::verdict function_definition::check(std::string_view body) const {
    const auto document = detail::parse_body(body);
    if (!document) return body_error{"the body is " + document.why().detail};
    const json::members given(*document, args, &arg_definition::name);
    for (std::size_t i = 0; i < args.size(); ++i) {
        const json::value* value = given.values()[i];
        if (value == nullptr) {
            if (args[i].is_required) return detail::missing_argument(args[i]);
            continue;
        }
        auto why = detail::why_not(*callable, i, *value);
        if (given.is_repeated(i)) why = json::refusal{"it is given more than once", {}};
        if (why) return detail::invalid_argument(args[i], *value, std::move(*why));
    }
    if (given.unknown()) return detail::unknown_argument(*given.unknown());
    return {};
}

inline void function_definition::invoke(std::string_view body, json::output& out) const {
    const auto document = detail::parse_body(body);
    if (!document) throw std::invalid_argument("the body is " + document.why().detail);
    json::writer result(out);
    callable->invoke(json::members(*document, args, &arg_definition::name).values(), result);
}

inline void function_definition::warm_up() const noexcept {
    try {
        const auto samples = json::parse(R"([0, 0.5, "0", true, [], {}])");
        for (const json::value& sample : samples->GetArray()) {
            for (std::size_t i = 0; i < args.size(); ++i) detail::why_not(*callable, i, sample);
        }
        std::array<char, 64> scratch;
        json::bounded_output out(scratch.data(), scratch.size());
        json::writer(out).Double(0.5);
    } catch (...) {
        // Out of memory: the call itself will say so.
    }
}

}  // namespace restful_functions
