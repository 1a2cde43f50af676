/// guard: decides whether a request may pass, before any route sees it.
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/api/console_routes.hpp>
#include <restful_functions/api/credentials.hpp>
#include <restful_functions/api/health_routes.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/origins.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/http/target.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// The name of what somebody may do, as refusals show it.
[[nodiscard]] constexpr std::string_view to_string(scope what) noexcept {
    switch (what) {
        case scope::read:
            return "read";
        case scope::call:
            return "call";
        case scope::terminate:
            return "terminate";
    }
    return "";
}

/// Three questions, in this order: was the request meant for this server, does it come from a page
/// that may send it, and may its caller do that. What is not set is not asked.
class guard {
 public:
    /// The registry and the table must outlive the guard. Throws std::invalid_argument when a token
    /// or a user has no secret.
    guard(access_options access, const registry& functions, const task::table& tasks)
        : access_(std::move(access)), functions_(functions), tasks_(tasks) {
        require_secrets(access_);
    }

    /// The names that the server is known by from now on, as access_options::allowed_hosts.
    void accept_hosts(std::vector<std::string> names) { access_.allowed_hosts = std::move(names); }

    /// The answer to a request that may not pass, or that asks whether it may; nullopt: it passes,
    /// and `request.caller` is who sent it.
    [[nodiscard]] std::optional<http::response> stop(http::request& request) const {
        return stop(request, seen::whole);
    }

    /// Whether the body of a request is to be waited for. It is not where the head is refused, nor
    /// where strangers are let in, so that they hold no memory. An authorizer may want to see the
    /// body: where it is the one to decide, the body is waited for.
    [[nodiscard]] bool wants_body(http::request& head) const {
        if (access_.restricts() && is_open(head, path_of(head))) return false;
        return !stop(head, seen::head);
    }

    /// Lets pages of listed origins read the answer.
    [[nodiscard]] bool lets_pages_read() const noexcept { return !access_.allowed_origins.empty(); }
    [[nodiscard]] page page_of(const http::request& request) const {
        return page(access_, request);
    }

 private:
    /// How much of a request is there.
    enum class seen { head, whole };

    [[nodiscard]] std::optional<http::response> stop(http::request& request, seen much) const {
        if (auto refused = check_host(access_, request)) return refused;
        const bool changes = !only_reads(request.method);
        if (changes || is_preflight(request)) {
            const page from(access_, request);
            if (is_preflight(request) && from.is_listed()) return from.preflight();
            if (changes && !from.may_change()) {
                return http::problem(403,
                                     "a page of another site may not do that; the server's "
                                     "owner can add its origin to allowed_origins");
            }
        }
        if (!access_.restricts()) return std::nullopt;
        return check_caller(request, much);
    }

    /// Whether a method changes nothing. OPTIONS reads, too: it tells which paths there are.
    [[nodiscard]] static bool only_reads(std::string_view method) noexcept {
        return method == "GET" || method == "HEAD" || method == "OPTIONS";
    }

    [[nodiscard]] static std::vector<std::string> path_of(const http::request& request) {
        auto target = http::parse_target(request.target);
        return target ? std::move(target->segments) : std::vector<std::string>();
    }

    /// Whether a request is for what knows no more than that there is a server.
    [[nodiscard]] static bool is_open(const http::request& request,
                                      const std::vector<std::string>& path) noexcept {
        if (request.method != "GET" && request.method != "HEAD") return false;
        return is_for_health(path) || is_for_page(request, path);
    }

    /// What a request wants; nullopt: something that is everybody's.
    struct wish {
        scope what = scope::read;
        std::optional<std::string> function{};
        bool of_everything = false;  ///< what concerns the tasks of all functions
    };

    [[nodiscard]] std::optional<http::response> check_caller(http::request& request,
                                                             seen much) const {
        const std::vector<std::string> path = path_of(request);
        if (is_open(request, path)) return std::nullopt;
        const wish wanted = wish_of(request.method, path);
        const std::string* field = request.headers.find("Authorization");
        if (field != nullptr) {
            if (const auto known = find_caller(access_, *field)) {
                request.caller = known->name;
                request.owner = known->identity;
                return check_grant(*known, wanted);
            }
        }
        if (access_.authorizer && (much == seen::head || is_authorized(request, wanted)))
            return std::nullopt;
        return unauthorized(field != nullptr);
    }

    [[nodiscard]] wish wish_of(const std::string& method,
                               const std::vector<std::string>& path) const {
        const auto segment = [&](std::size_t i) { return i < path.size() ? path[i] : ""; };
        if (segment(0) == "terminate") {
            return {only_reads(method) ? scope::read : scope::terminate,
                    segment(1) == "task" ? function_of(segment(2)) : segment(2)};
        }
        if (only_reads(method)) {
            if (segment(0) == "task" && segment(1) == "list")
                return path.size() > 2 ? wish{scope::read, path[2]}
                                       : wish{.what = scope::read, .of_everything = true};
            if (segment(0) == "task") return {scope::read, function_of(segment(2))};
            if (segment(0) == "function" && segment(1) != "list") return {scope::read, segment(2)};
            const bool is_general = segment(0) == "metrics" || segment(0) == "events";
            return {.what = scope::read, .of_everything = is_general};
        }
        return {scope::call, segment(0)};
    }

    /// The function of a task; of an unknown one: that is no function's.
    [[nodiscard]] std::string function_of(std::string_view id) const {
        const task::record* known = find_task(tasks_, id);
        return known == nullptr ? "" : functions_.at(known->function).name;
    }

    [[nodiscard]] bool is_authorized(const http::request& request, const wish& wanted) const {
        try {
            return access_.authorizer(
                request, {wanted.what, wanted.function ? std::string_view(*wanted.function) : ""});
        } catch (...) {
            return false;
        }
    }

    [[nodiscard]] static std::optional<http::response> check_grant(const caller& who,
                                                                   const wish& wanted) {
        const auto& [scopes, functions] = *who.allowed;
        const std::string name = who.name.empty() ? "" : " \"" + std::string(who.name) + "\"";
        if (std::find(scopes.begin(), scopes.end(), wanted.what) == scopes.end()) {
            const std::string needed(to_string(wanted.what));
            http::response refused =
                http::problem(403, "this caller" + name + " lacks the scope " + needed);
            refused.headers.add("WWW-Authenticate",
                                "Bearer realm=\"restful-functions\", "
                                "error=\"insufficient_scope\", scope=\"" +
                                    needed + "\"");
            return refused;
        }
        if (functions.empty()) return std::nullopt;
        const bool is_of_others =
            wanted.of_everything ||
            (wanted.function &&
             std::find(functions.begin(), functions.end(), *wanted.function) == functions.end());
        if (!is_of_others) return std::nullopt;
        return http::problem(403, "this caller" + name +
                                      " is not allowed this function, or this "
                                      "view of all functions");
    }

    [[nodiscard]] http::response unauthorized(bool has_tried) const {
        http::response refused = http::problem(
            401, has_tried ? "these credentials are not known"
                           : "say who you are, e.g. with Authorization: Bearer <token>");
        std::string bearer = "Bearer realm=\"restful-functions\"";
        if (has_tried) bearer += ", error=\"invalid_token\"";
        refused.headers.add("WWW-Authenticate", bearer);
        if (!access_.users.empty()) {
            refused.headers.add("WWW-Authenticate",
                                "Basic realm=\"restful-functions\", charset=\"UTF-8\"");
        }
        return refused;
    }

    access_options access_;
    const registry& functions_;
    const task::table& tasks_;
};

}  // namespace restful_functions::api
