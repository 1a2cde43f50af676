/// The reason phrases.
#include <restful_functions/http/status.hpp>

#include <doctest/doctest.h>

namespace http = restful_functions::http;

TEST_CASE("each status that the server answers with has a phrase") {
    for (const int status : {200, 202, 204, 206, 304, 400, 401, 403, 404, 405, 408, 410, 413,
                             414, 416, 417, 421, 422, 429, 431, 500, 501, 503, 504, 505}) {
        CAPTURE(status);
        CHECK_FALSE(http::reason_phrase(status).empty());
    }
    CHECK(http::reason_phrase(206) == "Partial Content");
    CHECK(http::reason_phrase(416) == "Range Not Satisfiable");
}

TEST_CASE("a status that it does not answer with has none") {
    for (const int status : {0, 100, 201, 299, 301, 418, 502, 600}) {
        CAPTURE(status);
        CHECK(http::reason_phrase(status).empty());
    }
}
