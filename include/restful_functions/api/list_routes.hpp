/// list_routes: the tasks of a function, or of all, whole or page by page.
#pragma once

#include <restful_functions/api/body.hpp>
#include <restful_functions/api/dispatcher.hpp>
#include <restful_functions/api/json_task.hpp>
#include <restful_functions/api/names.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/api/standing.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/form.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/pieced_text.hpp>
#include <restful_functions/http/problem.hpp>
#include <restful_functions/task/record.hpp>
#include <restful_functions/task/table.hpp>
#include <restful_functions/task/uuid.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace restful_functions::api {

namespace detail {

/// So many tasks are looked at for one page, whatever their status: a page may have fewer than
/// `limit` and still be followed by another one.
inline constexpr std::size_t most_visited = 10'000;
inline constexpr std::size_t most_on_a_page = 1000;

/// Which tasks are wanted.
struct task_selection {
    std::array<bool, 5> states{true, true, true, true, true};  ///< by task::state
    std::optional<std::size_t> limit{};                        ///< none: all
    std::optional<task::uuid> after{};
    task::order order = task::order::oldest_first;
    bool with_results = true;

    /// Reads `status`, `limit`, `after`, `order` and `results`; the text is what is wrong, for
    /// people.
    [[nodiscard]] std::optional<std::string> read(const http::form& query) {
        if (const std::string* wanted = http::find(query, "status")) {
            if (!read_states(*wanted))
                return "status is a list of QUEUED, RUNNING, DONE, FAILED and TIMEOUT, as in "
                       "?status=QUEUED,RUNNING";
        }
        if (const std::string* wanted = http::find(query, "limit")) {
            std::size_t number = 0;
            const char* end = wanted->data() + wanted->size();
            const auto read = std::from_chars(wanted->data(), end, number);
            if (read.ec != std::errc() || read.ptr != end || number < 1 || number > most_on_a_page)
                return "limit is a number from 1 to " + std::to_string(most_on_a_page);
            limit = number;
        }
        if (const std::string* wanted = http::find(query, "after")) {
            after = task::uuid::parse(*wanted);
            if (!after) return "after is the id of the last task of the page before";
        }
        if (const std::string* wanted = http::find(query, "order")) {
            if (*wanted != "asc" && *wanted != "desc")
                return "order is asc, the oldest first, or desc";
            if (*wanted == "desc") order = task::order::newest_first;
        }
        if (const std::string* wanted = http::find(query, "results")) {
            if (*wanted != "true" && *wanted != "false") return "results is true or false";
            with_results = *wanted == "true";
        }
        return std::nullopt;
    }

 private:
    [[nodiscard]] bool read_states(std::string_view list) {
        states.fill(false);
        for (bool more = true; more;) {
            const std::size_t comma = list.find(',');
            const std::string_view name = list.substr(0, comma);
            more = comma != list.npos;
            if (more) list.remove_prefix(comma + 1);
            bool known = false;
            for (std::size_t i = 0; i < states.size(); ++i) {
                if (!http::equal_ignoring_case(name, to_string(static_cast<task::state>(i))))
                    continue;
                states[i] = known = true;
            }
            if (!known) return false;
        }
        return true;
    }
};

/// Makes the list piece by piece, as its client reads it.
class listed_tasks {
 public:
    /// The first three must outlive it. So many `visits` there are in all.
    listed_tasks(const registry& functions, const task::table& tasks, const dispatcher& calls,
                 const task_selection& wanted, std::optional<std::uint32_t> function,
                 std::string root, std::size_t visits)
        : functions_(functions),
          calls_(calls),
          wanted_(wanted),
          root_(std::move(root)),
          at_(tasks, function, wanted_.after, wanted_.order),
          visits_left_(visits) {}

    /// The next piece, which may be empty.
    [[nodiscard]] http::pieced_text next() {
        http::pieced_text piece = std::exchange(begun_, true) ? "" : "[";
        std::size_t visits = std::min(visits_left_, most_on_a_page);
        visits_left_ -= visits;
        const bool more = at_.visit([&](const task::record& task) {
            if (visits == 0 || left() == 0 || piece.size() >= piece_bytes) return false;
            --visits;
            if (wanted_.states[static_cast<std::size_t>(task.status)]) {
                if (listed_++ > 0) piece += ", ";
                const standing now = standing_of(task, calls_);
                if (wanted_.with_results)
                    piece += json_task(functions_, task, now, root_);
                else
                    piece += json_brief_task(functions_, task, now.progress);
            }
            return true;
        });
        visits_left_ += visits;
        is_over_ = !more || visits_left_ == 0 || left() == 0;
        if (is_over_) piece += "]";
        return piece;
    }

    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
    static constexpr std::size_t piece_bytes = 64 * 1024;

    [[nodiscard]] std::size_t left() const noexcept {
        return wanted_.limit ? *wanted_.limit - listed_ : 1;
    }

    const registry& functions_;
    const dispatcher& calls_;
    task_selection wanted_;
    std::string root_;
    task::table::cursor at_;
    std::size_t visits_left_;
    std::size_t listed_ = 0;
    bool begun_ = false;
    bool is_over_ = false;
};

/// The response with a list: whole where it is one piece, and else made while it is sent.
[[nodiscard]] inline http::response list_response(const std::shared_ptr<listed_tasks>& list) {
    http::pieced_text first = list->next();
    if (list->is_over()) return json_response(200, std::move(first));
    http::response response = json_response(200, "");
    response.stream = http::made_on_demand(list);
    response.stream->write(std::move(first));
    return response;
}

/// A reference from this page to the next one (RFC 8288; RFC 3986, 5.2): the query with another
/// `after`.
[[nodiscard]] inline std::string next_page(const exchange& asked, const task::uuid& last) {
    std::string link = "?";
    std::string_view query = asked.query;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty() || pair.starts_with("after=")) continue;
        link.append(pair).append("&");
    }
    return link + "after=" + last.to_string();
}

}  // namespace detail

/// Adds GET /task/list and GET /task/list/{function_name}. Without a query each is the whole array,
/// of the tasks that are there when it begins; `status` filters, `order` turns it round,
/// `results=false` leaves out what may be long, and with `limit` there are pages, each of which
/// links to the next one. All three must outlive the router, and the responses.
inline void add_list_routes(router& routes, const registry& functions, const task::table& tasks,
                            const dispatcher& calls) {
    const auto list = [&functions, &tasks, &calls](
                          const exchange& asked,
                          std::optional<std::uint32_t> function) -> http::response {
        const auto query = http::parse_form(asked.query);
        if (!query)
            return http::problem(400,
                                 "the query is badly percent-encoded; write a percent sign as %25");
        detail::task_selection wanted;
        if (const auto wrong = wanted.read(*query)) return http::problem(400, *wrong);
        if (wanted.after) {
            const task::record* last = tasks.find(*wanted.after);
            if (last == nullptr || (function && last->function != *function))
                return http::problem(410,
                                     "the task that after names is not in this list, or is "
                                     "forgotten; begin again without after");
        }

        std::size_t visits = tasks.size();
        std::optional<task::uuid> last;
        bool more = false;
        if (wanted.limit) {
            std::size_t listed = 0;
            visits = 0;
            tasks.visit(function, wanted.after, wanted.order, [&](const task::record& task) {
                more = listed == *wanted.limit || visits == detail::most_visited;
                if (more) return false;
                ++visits;
                last = task.id;
                if (wanted.states[static_cast<std::size_t>(task.status)]) ++listed;
                return true;
            });
        }
        http::response response = detail::list_response(std::make_shared<detail::listed_tasks>(
            functions, tasks, calls, wanted, function, asked.root(), visits));
        if (more)
            response.headers.add("Link", "<" + detail::next_page(asked, *last) + ">; rel=\"next\"");
        return response;
    };
    routes.get("/task/list", [list](const exchange& asked) { return list(asked, std::nullopt); });
    routes.get("/task/list/{function_name}", [list, &functions](const exchange& asked) {
        return list(asked, function_index(functions, asked.parameter));
    });
}

}  // namespace restful_functions::api
