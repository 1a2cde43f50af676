/// body: the JSON texts that the server makes itself, spaced like the output of Python's
/// json.dumps, and their responses.
#pragma once

#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/http/message.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::api {

using restful_functions::detail::quoted;

/// A JSON object or array under construction: `{"a": 1, "b": 2}`, `[1, 2]`. Values are JSON texts
/// themselves.
class json_text {
 public:
    static json_text object() { return json_text("{", '}'); }
    static json_text array() { return json_text("[", ']'); }

    /// Another member of an object.
    json_text& add(std::string_view name, std::string_view value) {
        separate();
        text_ += quoted(name);
        text_ += ": ";
        text_ += value;
        return *this;
    }

    /// Another element of an array.
    json_text& add(std::string_view value) {
        separate();
        text_ += value;
        return *this;
    }

    /// The whole text. Nothing can be added any more.
    [[nodiscard]] std::string end() {
        text_ += last_;
        return std::move(text_);
    }

 private:
    json_text(const char* first, char last) : text_(first), last_(last) {}

    void separate() {
        if (text_.size() > 1) text_ += ", ";
    }

    std::string text_;
    char last_;
};

[[nodiscard]] constexpr std::string_view json_boolean(bool value) noexcept {
    return value ? "true" : "false";
}

/// A response with this JSON text as its body.
[[nodiscard]] inline http::response json_response(int status, std::string body) {
    http::response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

/// A response for people.
[[nodiscard]] inline http::response text_response(std::string body) {
    http::response response;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

}  // namespace restful_functions::api
