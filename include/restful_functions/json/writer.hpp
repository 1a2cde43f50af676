/// JSON text out: RapidJSON's writer, made to never write what is not JSON.
#pragma once

#include <restful_functions/detail/plain_run.hpp>
#include <restful_functions/detail/quoted.hpp>
#include <restful_functions/json/memory.hpp>
#include <restful_functions/json/output.hpp>

#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace restful_functions::json {

namespace detail {

using basic_writer = rapidjson::Writer<output, rapidjson::UTF8<>, rapidjson::UTF8<>, throwing_heap>;

}  // namespace detail

/// RapidJSON's writer (`StartObject`, `Key`, `Int`, `Null`, ...) to a `json::output`.
///
/// A number that JSON does not have (NaN, an infinity) is written as null. A string that is not
/// UTF-8 throws std::invalid_argument.
class writer : public detail::basic_writer {
    using base = detail::basic_writer;

 public:
    explicit writer(output& out) : base(out) {}

    bool String(std::string_view text) {
        Prefix(rapidjson::kStringType);
        os_->Put('"');
        for (;;) {
            const std::size_t plain = restful_functions::detail::plain_run(text);
            os_->write(text.substr(0, plain));
            text.remove_prefix(plain);
            if (text.empty()) break;
            if (restful_functions::detail::utf8_sequence(text) == 0) {
                throw std::invalid_argument("a string that is not UTF-8 cannot be written as JSON");
            }
            os_->write(restful_functions::detail::escaped(text.front()));
            text.remove_prefix(1);
        }
        os_->Put('"');
        return true;
    }
    bool Key(std::string_view name) { return String(name); }

    /// Writes no JSON but bytes of a media type, perhaps with the name of a file, and nothing else.
    void Bytes(std::string_view media_type, std::string_view bytes,
               std::string_view file_name = {}) {
        os_->write_bytes(media_type, bytes, file_name);
    }

    bool Double(double number) { return number_of(number); }
    bool Float(float number) { return number_of(number); }

    // What rapidjson::Value::Accept calls.
    bool String(const char* text, rapidjson::SizeType length, bool = false) {
        return String(std::string_view(text, length));
    }
    bool Key(const char* name, rapidjson::SizeType length, bool = false) {
        return Key(std::string_view(name, length));
    }

 private:
    /// The shortest digits that read back as the same number, and a fraction or an exponent:
    /// 0.1, 3.0, 1e+16.
    template <typename Floating>
    bool number_of(Floating number) {
        if (!std::isfinite(number)) return Null();
        const Floating size = std::abs(number);
        const bool is_plain = size == 0 || (size >= Floating(1e-4) && size < Floating(1e16));
        std::array<char, 32> text;
        char* const begin = text.data();
        char* end =
            std::to_chars(begin, begin + text.size() - 2, number,
                          is_plain ? std::chars_format::fixed : std::chars_format::scientific)
                .ptr;
        if (std::find_if(begin, end, [](char c) { return c == '.' || c == 'e'; }) == end) {
            *end++ = '.';
            *end++ = '0';
        }
        return RawValue(begin, static_cast<std::size_t>(end - begin), rapidjson::kNumberType);
    }
};

}  // namespace restful_functions::json
