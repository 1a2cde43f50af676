/// known_head: what can be read of a request head that is refused.
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/head_rules.hpp>
#include <restful_functions/http/message.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace restful_functions::http {

/// The method, the target and the header fields of a head that may be malformed or end anywhere:
/// for the log, and for the fields by which a page may read the refusal. What cannot be read is
/// empty or left out. A long target is cut off.
[[nodiscard]] inline request known_of_head(std::string_view head) {
    constexpr std::size_t longest_target = 256;
    request known;
    head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
    std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    const std::size_t space = std::min(line.find(' '), line.size());
    if (is_token(line.substr(0, space))) known.method = line.substr(0, space);
    std::string_view target = line.substr(std::min(space + 1, line.size()));
    target = target.substr(0, std::min(target.find(' '), longest_target));
    if (std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c <= '~'; }))
        known.target = target;

    while (end != head.size()) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        if (end == head.npos) break;  // the last line may go on
        const std::string_view field = head.substr(0, end);
        const std::size_t colon = field.find(':');
        if (colon == field.npos || !is_token(field.substr(0, colon))) continue;
        known.headers.add(std::string(field.substr(0, colon)),
                          std::string(detail::trimmed(field.substr(colon + 1))));
    }
    return known;
}

}  // namespace restful_functions::http
