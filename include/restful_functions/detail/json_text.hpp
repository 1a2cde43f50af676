/// json_text: the JSON texts that the library makes itself, spaced like the output of Python's
/// json.dumps.
#pragma once

#include <restful_functions/detail/quoted.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::detail {

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

}  // namespace restful_functions::detail
