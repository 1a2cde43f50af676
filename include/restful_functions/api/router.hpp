/// router: finds the handler of a request by its path and its method, and answers what has none.
#pragma once

#include <restful_functions/http/message.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/http/target.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// Where a response goes. Called exactly once, at once or later; it must not throw.
using reply = std::function<void(http::response&&)>;

/// Answers with what `make` returns, or says that there is no memory for it: for answers that come
/// when nobody is there to catch an exception.
template <typename Make>
void answer_late(const reply& answer, const Make& make) {
    http::response made;
    try {
        made = make();
    } catch (const std::bad_alloc&) {
        made = http::problem(503, "the server has no memory left for this answer; try again later");
    }
    answer(std::move(made));
}

/// One request on its way to its handler.
struct exchange {
    http::request request;
    std::string parameter;  ///< The path's variable segment, percent-decoded.
    std::string query;      ///< What follows the question mark, still encoded.
    reply answer;

    /// The caller that the answer's body is sent to. nullopt: none is, as for HEAD.
    [[nodiscard]] std::optional<std::string> reader() const {
        return request.method == "HEAD" ? std::nullopt : std::optional(request.owner);
    }

    /// The way from the request's URL to the server's root, e.g. "../" for /task/list: references
    /// that begin with it hold wherever a proxy puts the server (RFC 3986, 5.2).
    [[nodiscard]] std::string root() const {
        const std::string_view target = request.target;
        const std::string_view path = target.substr(0, target.find('?'));
        std::string way;
        for (auto slashes = std::count(path.begin(), path.end(), '/'); slashes > 1; --slashes)
            way += "../";
        return way;
    }
};

/// A table of paths. Each has handlers by method and at most one variable segment, as in
/// "/task/info/{task_id}".
class router {
 public:
    using handler = std::function<void(exchange&&)>;
    /// The answer to a variable segment that names nothing; nullopt when what it names exists.
    using check = std::function<std::optional<http::response>(std::string_view segment)>;

    /// Has each segment that stands for this variable, e.g. "{task_id}", checked before any handler
    /// sees it.
    void require(std::string variable, check find) {
        checks_[std::move(variable)] = std::move(find);
    }

    /// Adds a handler. Of several paths that fit a request, the one that was added first takes it.
    void add(std::string method, std::string_view path, handler handle) {
        std::vector<std::string> pattern = http::parse_target(path).value().segments;
        auto known = std::find_if(resources_.begin(), resources_.end(),
                                  [&](const resource& r) { return r.pattern == pattern; });
        if (known == resources_.end()) known = resources_.insert(known, {std::move(pattern), {}});
        known->methods[std::move(method)] = std::move(handle);
    }

    /// Adds a handler of GET that returns its response.
    template <class Answer>
    void get(std::string_view path, Answer make) {
        add("GET", path,
            [make = std::move(make)](exchange&& asked) mutable { asked.answer(make(asked)); });
    }

    /// Hands the request to its handler, or answers it: with 400, 404 or 405, or with 204 when it
    /// asks for OPTIONS.
    void route(http::request&& request, reply answer) const {
        if (request.target == "*") return answer(nothing_but_allow("GET, HEAD, POST, OPTIONS"));
        const auto target = http::parse_target(request.target);
        if (!target)
            return answer(http::problem(
                400, "the path is badly percent-encoded; write a percent sign as %25"));

        const auto found =
            std::find_if(resources_.begin(), resources_.end(),
                         [&](const resource& r) { return r.fits(target->segments); });
        if (found == resources_.end()) {
            return answer(http::problem(404, "there is nothing at " + path_of(request) +
                                                 "; GET / lists the main paths, GET /openapi.json "
                                                 "has all of them"));
        }
        exchange asked{std::move(request), {}, target->query, std::move(answer)};
        if (const auto at = found->variable(); at != found->pattern.size()) {
            asked.parameter = target->segments[at];
            const auto required = checks_.find(found->pattern[at]);
            auto refused =
                required == checks_.end() ? std::nullopt : required->second(asked.parameter);
            if (refused) return asked.answer(std::move(*refused));
        }
        found->serve(std::move(asked));
    }

 private:
    /// What a refusal shows of a target: the query may hold what is secret.
    static std::string path_of(const http::request& request) {
        return request.target.substr(0, request.target.find('?'));
    }

    static http::response nothing_but_allow(std::string methods) {
        http::response response;
        response.status = 204;
        response.headers.add("Allow", std::move(methods));
        return response;
    }

    struct resource {
        std::vector<std::string> pattern;
        std::map<std::string, handler, std::less<>> methods;

        static bool is_variable(const std::string& segment) noexcept {
            return segment.starts_with('{');
        }

        /// The position of the variable segment, or the number of segments.
        [[nodiscard]] std::size_t variable() const noexcept {
            const auto found = std::find_if(pattern.begin(), pattern.end(), is_variable);
            return static_cast<std::size_t>(found - pattern.begin());
        }

        [[nodiscard]] bool fits(const std::vector<std::string>& segments) const {
            return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                              [](const std::string& expected, const std::string& segment) {
                                  return is_variable(expected) || expected == segment;
                              });
        }

        /// Methods in the order of the alphabet, with those that need no handler of their own.
        [[nodiscard]] std::string allowed() const {
            std::string list;
            for (const auto& [method, handle] : methods) {
                list += method + ", ";
                if (method == "GET") list += "HEAD, ";
            }
            return list + "OPTIONS";
        }

        void serve(exchange&& asked) const {
            const std::string& method = asked.request.method;
            // The response to HEAD is that to GET: whoever writes it leaves the body out.
            const auto found = methods.find(method == "HEAD" ? "GET" : method);
            if (found != methods.end()) return found->second(std::move(asked));
            if (method == "OPTIONS") return asked.answer(nothing_but_allow(allowed()));
            http::response refused =
                http::problem(405, method + " is not possible here; " + path_of(asked.request) +
                                       " takes " + allowed());
            refused.headers.add("Allow", allowed());
            asked.answer(std::move(refused));
        }
    };

    std::vector<resource> resources_;
    std::map<std::string, check> checks_;
};

}  // namespace restful_functions::api
