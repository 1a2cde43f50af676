/// access: who may do what with a server, as its owner says it.
#pragma once

#include <restful_functions/http/message.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace restful_functions {

/// What somebody may do.
enum class scope : std::uint8_t {
    read,       ///< see functions, tasks, logs and figures
    call,       ///< call functions
    terminate,  ///< end tasks
};

/// What a caller may do, and with which functions.
struct grant {
    std::vector<scope> scopes{scope::read, scope::call, scope::terminate};
    /// The functions that may be called, and whose tasks may be seen and ended; none: all. A caller
    /// with a list sees no tasks and figures of the whole server.
    std::vector<std::string> functions{};
};

/// A caller who sends `Authorization: Bearer <secret>` (RFC 6750).
struct token {
    std::string secret;  ///< Not empty.
    std::string name{};  ///< for logs and refusals
    restful_functions::grant grant{};
};

/// A caller whose browser asks for a name and a password (Basic, RFC 7617).
struct user {
    std::string name;
    std::string password;  ///< Not empty.
    restful_functions::grant grant{};
};

/// What a request needs.
struct access_wanted {
    scope what = scope::read;
    std::string_view function{};  ///< empty: no particular one
};

/// Decides on a request by itself, e.g. by a cookie or a client certificate's name that a proxy
/// sends. Runs on the server's thread and must not block. An exception is a refusal.
using authorizer = std::function<bool(const http::request&, const access_wanted&)>;

/// Who is let in. Without tokens, users and an authorizer: everybody.
struct access_options {
    std::vector<token> tokens{};
    std::vector<user> users{};
    /// Asked when no token and no user fits.
    restful_functions::authorizer authorizer{};
    /// The names that the server is known by, without ports; a request for another one is refused.
    /// Empty: any. Addresses and "localhost" are always accepted.
    std::vector<std::string> allowed_hosts{};
    /// The origins whose pages may use the server, as browsers write them: "https://example.org",
    /// or "*" for any, whose requests then have no credentials of Basic.
    std::vector<std::string> allowed_origins{};

    /// Whether a caller has to say who it is.
    [[nodiscard]] bool restricts() const noexcept {
        return !tokens.empty() || !users.empty() || authorizer != nullptr;
    }
};

}  // namespace restful_functions
