#include <restful_functions/http/multipart.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace http = restful_functions::http;

namespace {

/// The parts in a line, or "refused".
std::string read(std::string_view body, std::string_view boundary = "x") {
    const auto parts = http::parse_multipart(body, boundary);
    if (!parts) return "refused";
    std::string text;
    for (const auto& part : *parts) {
        text += part.name + (part.is_file ? " file " : " ") + part.content_type + "[" +
                std::string(part.bytes) + "]";
    }
    return text;
}

}  // namespace

TEST_SUITE_BEGIN("http/multipart");

TEST_CASE("parts have a name, perhaps a file name and a type, and any bytes") {
    CHECK(read("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
               "--x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"p.png\"\r\n"
               "Content-Type: image/png\r\n\r\n\r\n--\r\n--\r\n--x--\r\n") ==
          "a [1]b file image/png[\r\n--\r\n--]");
    CHECK(read("--x\r\ncontent-disposition:form-data;name=a\r\n\r\n\r\n--x--") == "a []");
    CHECK(read("--x--") == "");
}

TEST_CASE("a text before the first boundary, and spaces behind one, are passed over") {
    CHECK(
        read(
            "hello\r\n--x \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\nbye") ==
        "a [1]");
}

TEST_CASE("a body that is not of the form, or cut off, is refused") {
    const std::string whole = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--";
    REQUIRE(read(whole) == "a [1]");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(read(std::string_view(whole).substr(0, size)) == "refused");
    }
    CHECK(read(whole, "y") == "refused");
    CHECK(read(whole, "") == "refused");
    CHECK(read(whole, std::string(71, 'x')) == "refused");
    CHECK(read("--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--") == "refused");
    CHECK(read("--x\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--x--") == "refused");
    CHECK(read("--x\r\nno field\r\n\r\n1\r\n--x--") == "refused");
    using namespace std::string_literals;
    for (const std::string& line : {"A: \0"s, "Content-Type: a/b\0001\0"s}) {
        const std::string head = "--x\r\nContent-Disposition: form-data; name=a\r\n";
        CHECK(read(head + line + "\r\n\r\n1\r\n--x--") == "refused");
    }
    CHECK(read("--xy\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--") == "refused");
}

TEST_CASE("so many parts are no form any more") {
    std::string body;
    for (int i = 0; i <= 1000; ++i)
        body += "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n";
    CHECK(read(body + "--x--") == "refused");
}

TEST_CASE("parameters may be quoted, with quotes in them") {
    CHECK(http::parameter_of("multipart/form-data; boundary=abc", "boundary") == "abc");
    CHECK(http::parameter_of("multipart/form-data;BOUNDARY = \"a;b\"", "boundary") == "a;b");
    CHECK(http::parameter_of(R"(form-data; filename="a\"b"; name=n)", "filename") == "a\"b");
    CHECK(http::parameter_of(R"(form-data; filename="C:\dir\file"; name=n)", "filename") ==
          R"(C:\dir\file)");
    CHECK_FALSE(http::parameter_of("multipart/form-data", "boundary"));
    CHECK(http::essence_of(" text/plain ; charset=utf-8") == "text/plain");
}

TEST_SUITE_END();
