/// json_text: the JSON texts that the library makes itself, spaced like the output of Python's
/// json.dumps.
#pragma once

#include <restful_functions/detail/quoted.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::detail {

/// A JSON object or array under construction: `{"a": 1, "b": 2}`, `[1, 2]`. Values are JSON texts
/// themselves, of any type that `Text` can append.
template <class Text>
class json_text_in {
 public:
    static json_text_in object() { return json_text_in("{", "}"); }
    static json_text_in array() { return json_text_in("[", "]"); }

    /// Another member of an object.
    template <class Value>
    json_text_in& add(std::string_view name, Value&& value) {
        separate();
        text_ += quoted(name);
        text_ += ": ";
        text_ += std::forward<Value>(value);
        return *this;
    }

    /// Another element of an array.
    template <class Value>
    json_text_in& add(Value&& value) {
        separate();
        text_ += std::forward<Value>(value);
        return *this;
    }

    /// The whole text. Nothing can be added any more.
    [[nodiscard]] Text end() {
        text_ += last_;
        return std::move(text_);
    }

 private:
    json_text_in(const char* first, const char* last) : text_(first), last_(last) {}

    void separate() {
        if (!std::exchange(is_empty_, false)) text_ += ", ";
    }

    Text text_;
    const char* last_;
    bool is_empty_ = true;
};

using json_text = json_text_in<std::string>;

[[nodiscard]] constexpr std::string_view json_boolean(bool value) noexcept {
    return value ? "true" : "false";
}

}  // namespace restful_functions::detail
