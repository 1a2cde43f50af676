/// The functions that a server offers, by name and in the order of their registration.
#pragma once

#include <restful_functions/function/definition.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions {

/// The functions that a server offers. An index, once given, stays its function's; so does the
/// address.
class registry {
 public:
    /// Adds `definition` at index `size()`.
    ///
    /// Throws std::invalid_argument, naming the function, the rule and the way out, when the name
    /// is not one segment of a URL's path, is a path of the server's own, or is already taken.
    void add(function_definition definition) {
        refuse_unfit(definition.name);
        definitions_.push_back(std::move(definition));
    }

    std::size_t size() const noexcept { return definitions_.size(); }
    const function_definition& at(std::size_t index) const { return definitions_.at(index); }
    auto begin() const noexcept { return definitions_.begin(); }
    auto end() const noexcept { return definitions_.end(); }

    /// The index of the function `name`; nullopt if there is none.
    std::optional<std::size_t> index_of(std::string_view name) const noexcept {
        const auto found =
            std::find_if(begin(), end(), [&](const auto& f) { return f.name == name; });
        if (found == end()) return std::nullopt;
        return static_cast<std::size_t>(found - begin());
    }

    /// The function `name`; nullptr if there is none.
    const function_definition* find(std::string_view name) const noexcept {
        const auto index = index_of(name);
        return index ? &definitions_[*index] : nullptr;
    }

 private:
    void refuse_unfit(const std::string& name) const {
        static constexpr std::array<std::string_view, 11> own_paths{
            "function",     "task", "terminate", "health", "metrics",    "events",
            "openapi.json", "docs", "console",   "static", "favicon.ico"};
        const auto refuse = [&](const char* rule) {
            throw std::invalid_argument("function \"" + name + "\" cannot be added: " + rule);
        };
        if (name.empty()) refuse("a function needs a name; give one with .name");
        if (!is_segment(name)) {
            refuse(
                "its name is not one segment of a URL path; use letters, digits and the signs "
                "_ . ~ - only (.name gives a function another name)");
        }
        if (std::find(own_paths.begin(), own_paths.end(), name) != own_paths.end()) {
            refuse("the server's own paths begin with that name; choose another one with .name");
        }
        if (find(name) != nullptr) {
            refuse(
                "a function of that name is already there; choose another name for one of them "
                "with .name");
        }
    }

    /// A segment of unreserved characters only (RFC 3986, 2.3), which no client rewrites.
    static bool is_segment(std::string_view name) noexcept {
        constexpr std::string_view unreserved =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        return name != "." && name != ".." &&
               name.find_first_not_of(unreserved) == std::string_view::npos;
    }

    std::deque<function_definition> definitions_;
};

}  // namespace restful_functions
