#include <restful_functions/detail/utf8_parts.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using restful_functions::detail::left_over_bytes;
using restful_functions::detail::replaced_bytes;
using restful_functions::detail::unfinished_bytes;

TEST_CASE("each character is unfinished until its last byte, and its end is left over") {
    for (const std::string_view character :
         {"\xC3\xA4", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBD", "\xF0\x90\x80\x80",
          "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
        CHECK(unfinished_bytes(character) == 0);
        CHECK(left_over_bytes(character) == 0);
        for (std::size_t cut = 1; cut < character.size(); ++cut) {
            const std::string text = "a" + std::string(character.substr(0, cut));
            CHECK(unfinished_bytes(text) == cut);
            CHECK(unfinished_bytes(character.substr(0, cut)) == cut);
            CHECK(replaced_bytes(character.substr(0, cut)) == cut);
            CHECK(left_over_bytes(std::string(character.substr(cut)) + "a") ==
                  character.size() - cut);
        }
    }
}

TEST_CASE("bytes that more bytes make no character of are not waited for") {
    for (const std::string_view text :
         {"", "a", "\x80", "\xC0", "\xC1", "\xF5", "\xFF", "\xE0\x80", "\xED\xA0", "\xF0\x80",
          "\xF4\x90", "\xF0\x80\x80", "\xC3\xA4\x80", "\xE2\x82\xAC\x82"}) {
        CHECK(unfinished_bytes(text) == 0);
    }
}

TEST_CASE("bytes that begin no character are replaced one by one") {
    for (const std::string_view text : {"\x80\x80", "\xFF\xFF", "\xE0\x80", "\xED\xA0\x80",
                                        "\xF0\x80\x80", "\xC3(", "\xF4\x90\x80\x80"}) {
        CHECK(replaced_bytes(text) == 1);
    }
    CHECK(replaced_bytes("\xF0\x9F\x98(") == 3);
}
