/// How much of a text a JSON string holds as it is.
#include <restful_functions/detail/plain_run.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using restful_functions::detail::plain_run;

TEST_CASE("a text without anything special is one run") {
    CHECK(plain_run("") == 0);
    CHECK(plain_run("plain text, longer than a word of the machine") == 45);
    CHECK(plain_run("größer als 日本 😀/\x7f") == std::string_view("größer als 日本 😀/\x7f").size());
}

TEST_CASE("a run ends before each character that is escaped, wherever it stands") {
    for (int byte = 0; byte < 0x80; ++byte) {
        const bool is_plain = byte >= 0x20 && byte != '"' && byte != '\\';
        for (std::size_t before = 0; before < 20; ++before) {
            std::string text(40, 'a');
            text[before] = static_cast<char>(byte);
            REQUIRE(plain_run(text) == (is_plain ? text.size() : before));
        }
    }
}

TEST_CASE("a run ends before what is no UTF-8") {
    const std::string before = "twelve bytes";
    for (const std::string_view bad : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                                       "\xF4\x90\x80\x80", "\xFF", "\xE2\x82", "\xF0\x9F\x98"}) {
        CHECK(plain_run(before + std::string(bad)) == before.size());
        CHECK(plain_run(before + std::string(bad) + before) == before.size());
    }
}

TEST_CASE("a sequence that goes on behind the text is none") {
    CHECK(plain_run(std::string_view("price: €").substr(0, 9)) == 7);
}
