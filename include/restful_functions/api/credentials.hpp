/// credentials: whether a request's Authorization is one of those that the server's owner gave out.
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/detail/base64.hpp>
#include <restful_functions/http/characters.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace restful_functions::api {

/// Whether two texts are the same, in a time that depends on the length of `given` alone: how far
/// a guess is right cannot be measured.
[[nodiscard]] inline bool equal_in_constant_time(std::string_view given,
                                                 std::string_view secret) noexcept {
    volatile unsigned char difference = given.size() == secret.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char expected = secret.empty() ? '\0' : secret[i % secret.size()];
        difference = static_cast<unsigned char>(difference | (given[i] ^ expected));
    }
    return difference == 0;
}

/// Lets nobody in who leaves a secret empty: an option that was filled from an environment variable
/// that is not set looks like this. Throws std::invalid_argument, naming the token or the user.
inline void require_secrets(const access_options& access) {
    const auto require = [](const std::string& secret, const std::string& whose, const char* what) {
        if (!secret.empty()) return;
        throw std::invalid_argument(whose + " has no " + what +
                                    "; give one that is hard to guess, or leave the entry out");
    };
    std::size_t number = 0;
    for (const token& each : access.tokens) {
        ++number;
        const std::string name = each.name.empty() ? std::to_string(number) : '"' + each.name + '"';
        require(each.secret, "token " + name, "secret");
    }
    for (const user& each : access.users) {
        require(each.password, "user \"" + each.name + '"', "password");
    }
}

/// A caller who is known.
struct caller {
    std::string_view name;
    const grant* allowed = nullptr;
    std::string identity;  ///< the name, or the number of a token that has none
};

namespace detail {

[[nodiscard]] inline std::string identity_of(const std::string& name, std::size_t number) {
    return name.empty() ? "number " + std::to_string(number) : "name " + name;
}

}  // namespace detail

/// Finds whose credentials an Authorization field has; every secret is compared, whichever fits.
[[nodiscard]] inline std::optional<caller> find_caller(const access_options& access,
                                                       std::string_view authorization) {
    const std::size_t space = std::min(authorization.find(' '), authorization.size());
    const std::string_view scheme = authorization.substr(0, space);
    std::string_view rest = authorization.substr(space);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::optional<caller> found;
    if (http::equal_ignoring_case(scheme, "Bearer")) {
        std::size_t number = 0;
        for (const token& known : access.tokens) {
            ++number;
            if (equal_in_constant_time(rest, known.secret) && !known.secret.empty())
                found = caller{known.name, &known.grant, detail::identity_of(known.name, number)};
        }
    } else if (http::equal_ignoring_case(scheme, "Basic")) {
        const std::string pair = restful_functions::detail::base64_decode(rest).value_or("");
        const std::size_t colon = pair.find(':');
        if (colon == pair.npos) return std::nullopt;
        const std::string_view name = std::string_view(pair).substr(0, colon);
        for (const user& known : access.users) {
            const bool is_password =
                equal_in_constant_time(std::string_view(pair).substr(colon + 1), known.password);
            if (equal_in_constant_time(name, known.name) && is_password && !known.password.empty())
                found = caller{known.name, &known.grant, detail::identity_of(known.name, 0)};
        }
    }
    return found;
}

}  // namespace restful_functions::api
