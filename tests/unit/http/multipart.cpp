#include <restful_functions/http/multipart.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace http = restful_functions::http;

namespace {

/// The parts in a line, or "refused".
std::string read(std::string_view body, std::string_view boundary = "x") {
    const auto parts = http::parse_multipart(body, boundary, 1000);
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

TEST_CASE("of a form with too many parts one more is read than it may have") {
    std::string body;
    for (int i = 0; i < 5; ++i)
        body += "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n";
    body += "--x--";
    const auto count = [&](std::size_t most) {
        return http::parse_multipart(body, "x", most)->size();
    };
    CHECK(count(3) == 4);
    CHECK(count(4) == 5);
    CHECK(count(5) == 5);
}

TEST_CASE("a file has the name that its sender gave it, in each of the spellings") {
    const auto name = [](const std::string& parameters) {
        const std::string body =
            "--x\r\nContent-Disposition: form-data; name=a" + parameters + "\r\n\r\n1\r\n--x--";
        const auto parts = http::parse_multipart(body, "x", 1000);
        if (!parts) return std::string("refused");
        return parts->front().is_file ? parts->front().file_name : "no file";
    };
    CHECK(name("") == "no file");
    CHECK(name("; filename=\"\"").empty());
    CHECK(name("; filename=a.png") == "a.png");
    CHECK(name("; filename=\"gr\u00F6\u00DFe; 1.png\"") == "gr\u00F6\u00DFe; 1.png");
    CHECK(name("; filename=\"a%22b%20%0D%0A.png\"") == "a\"b%20\r\n.png");
    CHECK(name("; filename=\"a\\\"b.png\"") == "a\"b.png");
    CHECK(name("; filename=\"gr\xF6\xDF\x65\"") == "gr\u00F6\u00DFe");
    CHECK(name("; filename=\"a\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%22") == "gr\u00F6\u00DFe\"");
    CHECK(name("; filename*=utf-8'de'a%2522") == "a%22");
    CHECK(name("; filename*=nonsense; filename=a") == "a");
    CHECK(name("; filename=a; filename=b") == "refused");
    CHECK(name("; name=b") == "refused");
}

TEST_CASE("what decides how a part is read stands once") {
    const std::string disposition = "Content-Disposition: form-data; name=a\r\n";
    const std::string type = "Content-Type: text/plain\r\n";
    const auto with = [](const std::string& head) {
        return read("--x\r\n" + head + "\r\n1\r\n--x--");
    };
    CHECK(with(disposition + type) == "a text/plain[1]");
    CHECK(with(disposition + disposition) == "refused");
    CHECK(with(disposition + type + type) == "refused");
}

TEST_CASE("a file that nobody chose has neither a name nor bytes") {
    CHECK(http::form_part{"a", true, "application/octet-stream", ""}.is_unchosen());
    CHECK_FALSE(http::form_part{"a", false, "", ""}.is_unchosen());
    CHECK_FALSE(http::form_part{"a", true, "", "1"}.is_unchosen());
    CHECK_FALSE(http::form_part{"a", true, "", "", "empty.txt"}.is_unchosen());
}

TEST_SUITE_END();
