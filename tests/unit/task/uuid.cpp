#include <restful_functions/task/uuid.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <system_error>

using restful_functions::task::uuid;
using restful_functions::task::uuid_source;

TEST_CASE("a random UUID is of version 4 and of the variant of RFC 9562") {
    uuid_source source;
    for (int i = 0; i < 1000; ++i) {
        const std::string text = source.next().to_string();
        CHECK(text.size() == 36);
        CHECK(text[14] == '4');
        CHECK(std::strchr("89ab", text[19]) != nullptr);
    }
}

TEST_CASE("no UUID comes twice, across refills of the pool too") {
    uuid_source source;
    std::set<uuid> seen;
    for (int i = 0; i < 10'000; ++i) seen.insert(source.next());
    CHECK(seen.size() == 10'000);
}

TEST_CASE("version and variant are put in, and all other bits are the random ones") {
    uuid::bytes ones;
    ones.fill(0xFF);
    CHECK(uuid::from_random({}).to_string() == "00000000-0000-4000-8000-000000000000");
    CHECK(uuid::from_random(ones).to_string() == "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST_CASE("the text of a UUID is read back, in either case") {
    const std::string text = "c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa";
    CHECK(uuid::parse(text)->to_string() == text);
    CHECK(uuid::parse("C3A6A0EF-B19E-4E6F-BCE3-8D0E5A9046AA") == uuid::parse(text));
}

TEST_CASE("what is not exactly the text of a UUID is not read") {
    CHECK(!uuid::parse(""));
    CHECK(!uuid::parse("3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa"));
    CHECK(!uuid::parse("c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa0"));
    CHECK(!uuid::parse("c3a6a0efb19e4e6fbce38d0e5a9046aa"));
    CHECK(!uuid::parse("c3a6a0ef-b19e-4e6f-bce38-d0e5a9046aa"));
    CHECK(!uuid::parse("g3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa"));
    CHECK(!uuid::parse("{c3a6a0e-b19e-4e6f-bce3-8d0e5a9046aa"));
    CHECK(!uuid::parse("c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046a-"));
}

TEST_CASE("equal UUIDs have equal hashes") {
    const auto id = *uuid::parse("c3a6a0ef-b19e-4e6f-bce3-8d0e5a9046aa");
    CHECK(std::hash<uuid>{}(id) == std::hash<uuid>{}(uuid(id)));
    CHECK(std::hash<uuid>{}(id) != std::hash<uuid>{}(uuid()));
}

TEST_CASE("a system without random bits is an error that names the call") {
    uuid_source source([](void*, std::size_t, unsigned) -> ssize_t {
        errno = ENOSYS;
        return -1;
    });
    CHECK_THROWS_WITH_AS(static_cast<void>(source.next()), doctest::Contains("getrandom"),
                         std::system_error);
}

TEST_CASE("a request for random bits that a signal cuts short goes on") {
    uuid_source source([](void* buffer, std::size_t size, unsigned) -> ssize_t {
        static bool interrupted = false;
        interrupted = !interrupted;
        errno = EINTR;
        if (interrupted) return -1;
        const std::size_t part = size < 100 ? size : 100;
        std::memset(buffer, 0xFF, part);
        return static_cast<ssize_t>(part);
    });
    for (int i = 0; i < 256; ++i) {
        CHECK(source.next().to_string() == "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
