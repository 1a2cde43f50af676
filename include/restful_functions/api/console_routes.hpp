/// console_routes: the page on which people call functions in a browser.
#pragma once

#include <restful_functions/api/console_files.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/http/accept_encoding.hpp>
#include <restful_functions/http/conditional.hpp>
#include <restful_functions/http/message.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// Whether a request comes from somebody who would rather look than read: its Accept field names
/// HTML, and likes it better than plain text.
[[nodiscard]] inline bool prefers_page(const http::request& request) noexcept {
    const std::string* accepted = request.headers.find("Accept");
    if (accepted == nullptr || accepted->find("text/html") == accepted->npos) return false;
    return http::detail::weight_of("text/html", *accepted) >
           http::detail::weight_of("text/plain", *accepted);
}

/// Whether a request that reads is for the page or one of its parts, which know no more than that
/// there is a server.
[[nodiscard]] inline bool is_for_page(const http::request& request,
                                      const std::vector<std::string>& path) noexcept {
    if (path.empty()) return prefers_page(request);
    return path.size() == 2 && path[0] == "console" &&
           std::any_of(detail::console_files.begin(), detail::console_files.end(),
                       [&](const auto& file) { return file.name == path[1]; });
}

namespace detail {

/// Nothing comes from anywhere else, nothing is run that is not a file of ours, and no other page
/// shows this one in a frame.
inline constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

[[nodiscard]] inline http::response file_response(const http::request& asked,
                                                  const console_file& file) {
    http::response response;
    response.headers.add("Content-Type", std::string(file.type));
    response.headers.add("Content-Security-Policy", std::string(page_policy));
    response.headers.add("Referrer-Policy", "no-referrer");
    response.headers.add("Cache-Control", "no-cache");
    response.body = file.text;
    return http::unless_known(asked, http::entity_tag_of(file.text), std::move(response));
}

}  // namespace detail

/// The page itself.
[[nodiscard]] inline http::response page_response(const http::request& asked) {
    const auto page = std::find_if(detail::console_files.begin(), detail::console_files.end(),
                                   [](const auto& file) { return file.name == "console.html"; });
    return detail::file_response(asked, *page);
}

/// Adds the files that the page consists of, below /console.
inline void add_console_routes(router& routes) {
    for (const detail::console_file& file : detail::console_files) {
        routes.get("/console/" + std::string(file.name), [&file](const exchange& asked) {
            return detail::file_response(asked.request, file);
        });
    }
}

}  // namespace restful_functions::api
