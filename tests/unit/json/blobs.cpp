#include <restful_functions/json/blobs.hpp>
#include <restful_functions/json/codecs.hpp>
#include <restful_functions/json/output.hpp>

#include <doctest/doctest.h>

#include <array>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rf = restful_functions;
namespace json = restful_functions::json;

namespace {

json::decoded<rf::blob> decode(const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE(document);
    return json::decode<rf::blob>(*document);
}

std::string read(const std::string& text) {
    const auto decoded = decode(text);
    return decoded ? decoded->content_type + ": " + decoded->bytes
                   : decoded.why().pointer + ": " + decoded.why().detail;
}

}  // namespace

TEST_SUITE_BEGIN("json/blobs");

TEST_CASE("a blob within JSON is base64, or a text") {
    CHECK(read(R"({"content_type": "image/png", "base64": "Zm9v"})") == "image/png: foo");
    CHECK(read(R"({"base64": ""})") == "application/octet-stream: ");
    CHECK(read(R"({"content_type": "text/csv", "bytes": "a,b"})") == "text/csv: a,b");
    CHECK(read(R"("größe")") == "text/plain; charset=utf-8: größe");
}

TEST_CASE("what is no blob is refused where it is wrong") {
    CHECK(read("1") == ": 1 is not a blob: an object or a text");
    CHECK(read("{}") == ": a blob has either bytes or base64");
    CHECK(read(R"({"bytes": "", "base64": ""})") == ": a blob has either bytes or base64");
    CHECK(read(R"({"base64": "Z"})") == "/base64: is not base64");
    CHECK(read(R"({"base64": 1})") == "/base64: is not a string");
    CHECK(read(R"({"bytes": "a", "bytes": "b"})") == "/bytes: bytes is given more than once");
    CHECK(read(R"({"byte": "a"})").find("did you mean \"bytes\"?") != std::string::npos);
}

TEST_CASE("a blob that is a part of a result is written as base64") {
    json::string_output out;
    json::writer to(out);
    json::encode(rf::blob{"image/png", std::string("\0\xFF", 2)}, to);
    CHECK(out.text() == R"({"content_type":"image/png","base64":"AP8="})");
}

TEST_CASE("the name of a file is read and written, without folders and control characters") {
    const auto name = [](const std::string& quoted) {
        return decode(R"({"bytes": "", "filename": )" + quoted + "}")->filename;
    };
    CHECK(decode(R"({"bytes": ""})")->filename.empty());
    CHECK(name(R"("gr\u00f6\u00dfe.png")") == "gr\u00F6\u00DFe.png");
    CHECK(name(R"("../../etc/passwd")") == "passwd");
    CHECK(name(R"("C:\\dir\\a b.txt")") == "a b.txt");
    CHECK(name(R"("a\u0000\r\nb")") == "ab");
    for (const char* none : {R"("..")", R"("a/.")", R"("a/")", R"("")"}) CHECK(name(none).empty());
    CHECK(read(R"({"bytes": "", "filename": 1})") == "/filename: is not a string");
    json::string_output out;
    json::writer to(out);
    json::encode(rf::blob{"a/b", "", "c"}, to);
    CHECK(out.text() == R"({"content_type":"a/b","base64":"","filename":"c"})");
}

TEST_CASE("parameters of blobs are known as such") {
    CHECK(json::is_blob<rf::blob>);
    CHECK(json::is_blob<std::optional<rf::blob>>);
    CHECK(json::is_blob<std::vector<rf::blob>>);
    CHECK(json::is_blob<std::array<rf::blob, 2>>);
    CHECK(json::is_blob<std::optional<std::list<rf::blob>>>);
    CHECK_FALSE(json::is_blob<std::vector<std::string>>);
    CHECK_FALSE(json::is_blob<std::vector<std::vector<rf::blob>>>);
    CHECK_FALSE(json::is_blob<std::map<std::string, rf::blob>>);
    CHECK_FALSE(json::is_blob<std::string>);
}

TEST_SUITE_END();
