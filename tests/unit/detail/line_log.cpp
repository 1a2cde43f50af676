#include <restful_functions/detail/line_log.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

using namespace restful_functions::detail;

namespace {

/// What can be read at once.
std::string read_all(int descriptor) {
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 65536> buffer;
    for (ssize_t size; (size = ::read(descriptor, buffer.data(), buffer.size())) > 0;)
        all.append(buffer.data(), static_cast<std::size_t>(size));
    return all;
}

struct channel {
    explicit channel(bool is_socket) {
        int ends[2];
        REQUIRE((is_socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : ::pipe(ends)) == 0);
        from.reset(ends[0]);
        to.reset(ends[1]);
    }
    unique_fd from;
    unique_fd to;
};

}  // namespace

TEST_CASE("lines are written together, to a pipe and to a socket") {
    for (const bool is_socket : {false, true}) {
        const channel its(is_socket);
        line_log log(its.to.get());
        log.add("one");
        log.add("two");
        CHECK(read_all(its.from.get()).empty());
        CHECK(!log.empty());
        log.flush();
        CHECK(log.empty());
        CHECK(read_all(its.from.get()) == "one\ntwo\n");
    }
}

TEST_CASE("what is kept is written at the end") {
    const channel its(false);
    { line_log(its.to.get()).add("last"); }
    CHECK(read_all(its.from.get()) == "last\n");
}

TEST_CASE("a reader who stands still holds up nobody, and is told how many lines were left out") {
    for (const bool is_socket : {false, true}) {
        const channel its(is_socket);
        line_log log(its.to.get());
        const std::string line(1000, 'x');
        for (int i = 0; i < 10'000; ++i) {
            log.add(line);
            if (i % 100 == 0) log.flush();
        }
        std::string all;
        for (bool more = true; more; all += read_all(its.from.get())) {
            more = !log.empty();
            log.flush();
        }
        log.add("later");
        log.flush();
        all += read_all(its.from.get());
        CHECK(all.size() < 3'000'000);
        CHECK(all.find(" lines were left out") != all.npos);
        CHECK(all.ends_with("\nlater\n"));
        CHECK((::fcntl(its.to.get(), F_GETFL) & O_NONBLOCK) == 0);
    }
}

TEST_CASE("in a file, lines and what others write there follow each other") {
    char name[] = "/tmp/line_log.XXXXXX";
    const unique_fd file(::mkstemp(name));
    REQUIRE(file);
    ::unlink(name);
    line_log log(file.get());
    for (const char* line : {"one", "two"}) {
        log.add(line);
        log.flush();
        REQUIRE(::write(file.get(), "other\n", 6) == 6);
    }
    std::array<char, 64> all{};
    REQUIRE(::pread(file.get(), all.data(), all.size(), 0) > 0);
    CHECK(std::string(all.data()) == "one\nother\ntwo\nother\n");
}

TEST_CASE("a reader who has gone is no signal") {
    channel its(false);
    line_log log(its.to.get());
    its.from.reset();
    log.add("to nobody");
    log.flush();
    CHECK(log.empty());
}
