#include <restful_functions/function/call_body.hpp>
#include <restful_functions/function/make_definition.hpp>
#include <restful_functions/json/output.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rf = restful_functions;

namespace {

const std::string every_byte = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}();

rf::blob twice(const rf::blob& image, std::optional<int> x) {
    return {image.content_type, image.bytes + std::to_string(x.value_or(2)) + image.bytes};
}

std::string names(const std::vector<rf::blob>& files) {
    std::string all;
    for (const rf::blob& each : files) all += each.filename + "(" + each.content_type + ") ";
    return all;
}

}  // namespace

TEST_SUITE_BEGIN("function/call_body");

TEST_CASE("what is attached is found again, whatever its bytes are") {
    std::string body = R"({"x": 1})";
    rf::attach(body, {"image", "image/png", every_byte, "a.png"});
    rf::attach(body, {"empty", "", ""});
    const auto parts = rf::take_apart(body);
    REQUIRE(parts);
    CHECK(parts->json == R"({"x": 1})");
    REQUIRE(parts->attachments.size() == 2);
    CHECK(parts->attachments[0].name == "image");
    CHECK(parts->attachments[0].content_type == "image/png");
    CHECK(parts->attachments[0].bytes == every_byte);
    CHECK(parts->attachments[0].filename == "a.png");
    CHECK(parts->attachments[1].bytes.empty());
    CHECK(parts->attachments[1].filename.empty());
}

TEST_CASE("a body without attachments is JSON alone") {
    CHECK(rf::take_apart("{}")->json == "{}");
    CHECK(rf::take_apart("")->attachments.empty());
}

TEST_CASE("bytes that nobody attached are no body") {
    using namespace std::string_view_literals;
    for (const std::string_view bad :
         {"{}\0"sv, "{}\0a"sv, "{}\0a\0b"sv, "{}\0a\0b\0"sv, "{}\0a\0b\0\0"sv, "{}\0a\0b\0c\0\0"sv,
          "{}\0a\0b\0c\0x\0"sv, "{}\0a\0b\0c\0003\0ab"sv, "{}\0a\0b\0c\0-1\0ab"sv,
          "{}\0a\0b\0c\0001\0ab"sv}) {
        CHECK_FALSE(rf::take_apart(bad));
    }
}

TEST_CASE("a function takes blobs and returns one") {
    const auto definition = rf::make_definition<twice>({.args = {"image", "x"}});
    CHECK(definition.args[0].is_blob);
    CHECK_FALSE(definition.args[1].is_blob);
    CHECK(definition.callable->returns_blob());
    std::string body = R"({"x": 1})";
    rf::attach(body, {"image", "image/png", every_byte});
    CHECK(std::holds_alternative<std::monostate>(definition.check(body)));
    rf::json::string_output out;
    definition.invoke(body, out);
    CHECK(out.media_type_size() == 9);
    CHECK(out.text() == "image/png" + every_byte + "1" + every_byte);
}

TEST_CASE("attachments of one name are a list, where the argument is one") {
    const auto definition = rf::make_definition<names>({.args = {"files"}});
    CHECK(definition.args[0].is_blob);
    std::string body;
    rf::attach(body, {"files", "text/csv", "[1,2]", "a.csv"});
    const auto called = [&] {
        rf::json::string_output out;
        definition.invoke(body, out);
        return std::string(out.text());
    };
    CHECK(called() == R"("a.csv(text/csv) ")");
    rf::attach(body, {"files", "image/png", "b"});
    CHECK(called() == R"("a.csv(text/csv) (image/png) ")");
    body.insert(0, R"({"files": []})");
    CHECK(std::holds_alternative<rf::argument_errors>(definition.check(body)));
}

TEST_CASE("a result has the name of a file behind its media type") {
    const auto definition = rf::make_definition("named", [] { return rf::blob{"a/b", "12", "n"}; });
    rf::json::string_output out;
    definition.invoke("", out);
    CHECK(out.text() == std::string_view("a/b\0n12", 7));
    CHECK(out.media_type_size() == 5);
}

TEST_CASE("an attachment that is given twice, or to nobody, is refused without its bytes") {
    const auto definition = rf::make_definition<twice>({.args = {"image", "x"}});
    std::string body;
    rf::attach(body, {"image", "image/png", every_byte});
    rf::attach(body, {"image", "image/png", every_byte});
    rf::attach(body, {"picture", "image/png", every_byte});
    const auto verdict = definition.check(body);
    const auto* bad = std::get_if<rf::argument_errors>(&verdict);
    REQUIRE(bad != nullptr);
    REQUIRE(bad->size() == 2);
    CHECK(bad->at(0).message == "Parameter is Invalid: image (bytes) DICT");
    CHECK(bad->at(1).message == "Parameter Unknown: picture");
}

TEST_SUITE_END();
