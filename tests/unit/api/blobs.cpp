#include "served.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

namespace http = restful_functions::http;

const std::string png = std::string("\x89PNG\r\n\0\xFF", 8);

http::fields typed(std::string type) {
    http::fields headers;
    headers.add("Content-Type", std::move(type));
    return headers;
}

}  // namespace

TEST_SUITE_BEGIN("api/blobs");

TEST_CASE("a body of bytes is the only blob, and its result is bytes again") {
    test::served s;
    const auto answer =
        s.wait(s.send("POST", "/mirror/keep-connection?times=2", png, typed("image/png")));
    CHECK(answer.status == 200);
    CHECK(test::header(answer, "Content-Type") == "image/png");
    CHECK(test::header(answer, "Content-Security-Policy").starts_with("sandbox"));
    CHECK(answer.body == png + png);
}

TEST_CASE("a browser may show and play a result of bytes, and run nothing of it") {
    test::served s;
    const auto policy_of = [&s](const char* type) {
        return test::header(s.wait(s.send("POST", "/mirror/keep-connection", png, typed(type))),
                            "Content-Security-Policy");
    };
    for (const char* type : {"audio/wav", "Video/MP4"}) {
        CAPTURE(type);
        const std::string policy = policy_of(type);
        CHECK(
            policy.starts_with("sandbox allow-same-origin; default-src 'none'; media-src 'self'"));
    }
    CHECK(policy_of("image/svg+xml").find("style-src 'unsafe-inline'") != std::string::npos);
    CHECK(policy_of("text/html") == "sandbox; default-src 'none'");
    for (const char* type : {"audio/wav", "image/svg+xml", "text/html", "application/pdf"}) {
        CAPTURE(type);
        const std::string policy = policy_of(type);
        CHECK(policy.starts_with("sandbox"));
        CHECK(policy.find("allow-scripts") == std::string::npos);
        CHECK(policy.find("script-src") == std::string::npos);
    }
}

TEST_CASE("a part of a form with files is a blob, or a text") {
    test::served s;
    const std::string body =
        "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n"
        "Content-Type: image/png\r\n\r\n" +
        png + "\r\n--b\r\nContent-Disposition: form-data; name=\"times\"\r\n\r\n3\r\n--b--\r\n";
    const auto answer = s.wait(
        s.send("POST", "/mirror/keep-connection", body, typed("multipart/form-data; boundary=b")));
    CHECK(answer.body == png + png + png);
    const auto bad =
        s.wait(s.send("POST", "/mirror", body, typed("multipart/form-data; boundary=\"c\"")));
    CHECK(bad.status == 400);
}

TEST_CASE("a blob within JSON is base64 or a text") {
    test::served s;
    const auto text = s.ask("POST", "/mirror/keep-connection", R"({"image": "abc"})");
    CHECK(test::header(text, "Content-Type") == "text/plain; charset=utf-8");
    CHECK(text.body == "abc");
    CHECK(s.ask("POST", "/mirror/keep-connection", R"({"image": {"base64": "Zm9v"}})").body ==
          "foo");
}

TEST_CASE("a client's own NUL attaches nothing") {
    test::served s;
    using namespace std::string_literals;
    const auto refused = s.ask("POST", "/mirror", "{}\0image\0text/plain\0003\0abc"s);
    CHECK(refused.status == 400);
    CHECK(refused.body.text().find("the body is not JSON: there is a NUL in it") !=
          std::string::npos);
}

TEST_CASE("a task shows where its bytes are, and gives parts of them") {
    test::served s;
    const std::string id = s.start("mirror", "0123456789", typed("text/plain"));
    const std::string info = s.end_of(id);
    CHECK(
        info.find(
            R"("result": {"content_type": "text/plain", "bytes": 10, "href": "../../task/result/)" +
            id) != std::string::npos);
    const auto whole = s.get("/task/result/" + id);
    CHECK(whole.body == "0123456789");
    CHECK(test::header(whole, "Accept-Ranges") == "bytes");
    http::fields headers;
    headers.add("Range", "bytes=2-4");
    const auto part = s.wait(s.send("GET", "/task/result/" + id, "", headers));
    CHECK(part.status == 206);
    CHECK(part.body == "234");
    CHECK(s.wait(s.send("HEAD", "/task/result/" + id, "", headers)).status == 200);
    headers = {};
    headers.add("If-None-Match", test::header(whole, "ETag"));
    CHECK(s.wait(s.send("GET", "/task/result/" + id, "", headers)).status == 304);
}

TEST_CASE("a blob without a media type is bytes all the same") {
    test::served s;
    const auto answer = s.ask("POST", "/typed/keep-connection", R"({"type": ""})");
    CHECK(answer.status == 200);
    CHECK(test::header(answer, "Content-Type") == "application/octet-stream");
    CHECK(answer.body == "abc");
}

TEST_CASE("a media type that cannot stand in a field is not passed on") {
    test::served s;
    const auto answer =
        s.ask("POST", "/typed/keep-connection", R"({"type": "text/html\r\nSet-Cookie: a"})");
    CHECK(answer.status == 200);
    CHECK(test::header(answer, "Content-Type") == "application/octet-stream");
}

TEST_SUITE_END();
