#include <restful_functions/detail/outlet.hpp>

#include "../not_to_be_opened.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

using namespace restful_functions::detail;

namespace {

std::string read_once(int descriptor) {
    std::array<char, 65536> buffer;
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
}

/// Writes until nothing more is taken, and returns how much was. A write that waits for the reader,
/// who does not read, ends the process.
std::size_t fill(const outlet& to) {
    const std::string line = std::string(99, 'x') + "\t\n\n";
    std::size_t taken = 0;
    ::alarm(30);
    for (ssize_t size; (size = to.write(line)) > 0;) taken += static_cast<std::size_t>(size);
    CHECK(errno == EAGAIN);
    ::alarm(0);
    return taken;
}

struct pseudo_terminal {
    pseudo_terminal() : master(::posix_openpt(O_RDWR | O_NOCTTY)) {
        REQUIRE(master);
        REQUIRE(::grantpt(master.get()) == 0);
        REQUIRE(::unlockpt(master.get()) == 0);
        terminal.reset(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
        REQUIRE(terminal);
    }
    unique_fd master;
    unique_fd terminal;
};

}  // namespace

TEST_CASE("a pipe that may not be opened again is written to, and not waited for") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const unique_fd from(ends[0]);
    const unique_fd end(ends[1]);
    const not_to_be_opened by_us(end.get());
    const outlet to(end.get());
    REQUIRE(to.write("a line\n") == 7);
    CHECK(read_once(from.get()) == "a line\n");
    CHECK(fill(to) >= 4096);
    read_once(from.get());
    CHECK(fill(to) >= 4096);
    CHECK((::fcntl(end.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a terminal that may not be opened again is written to, and not waited for") {
    const pseudo_terminal its;
    const not_to_be_opened by_us(its.terminal.get());
    const outlet to(its.terminal.get());
    std::string_view line = "a line\n";
    for (ssize_t size; (size = to.write(line)) > 0;) line.remove_prefix(std::size_t(size));
    REQUIRE(line.empty());
    std::string read;
    while (!read.ends_with('\n')) read += read_once(its.master.get());
    CHECK(read == "a line\r\n");
    CHECK(fill(to) >= 4096);
    CHECK((::fcntl(its.terminal.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a descriptor that is not open takes nothing") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    ::close(ends[1]);
    CHECK(outlet(ends[1]).write("to nowhere") == -1);
    CHECK(errno == EBADF);
}
