#include <restful_functions/process/backtrace.hpp>
#include <restful_functions/process/symbolizer.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

using namespace restful_functions::process;

namespace {

[[gnu::noinline]] void here() { asm volatile(""); }

/// A function of this program, as it would be at the same place in a copy of its file.
std::string place_in(const std::string& path) {
    const detail::module_of module(reinterpret_cast<std::uintptr_t>(&here));
    std::string text(8192, ' ');
    std::uint64_t unpublished = 0;
    detail::bounded_text place(text.data(), text.size(), &unpublished);
    detail::append_place(place, module, false);
    text.resize(place.size());
    return text.substr(2) + path;
}

std::string line_of(const std::string& place) {
    const auto found = symbolize({place});
    REQUIRE(found.size() == 1);
    return found[0].empty() ? "" : found[0].back().line;
}

bool is_here(const std::string& line) { return line.find("symbolizer.cpp:") != std::string::npos; }

}  // namespace

TEST_CASE("a function of the program has its line") { CHECK(is_here(line_of(place_in("")))); }

TEST_CASE("a file that was replaced has no lines") {
    const temporary_directory directory;
    const std::string file = directory.file("program");
    std::filesystem::copy_file("/proc/self/exe", file);
    CHECK(is_here(line_of(place_in(file))));
    std::filesystem::remove(file);
    CHECK(line_of(place_in(file)).empty());
    std::filesystem::copy_file("/bin/sh", file);
    CHECK(line_of(place_in(file)).empty());
}

TEST_CASE("what is no place has no lines") {
    for (const std::string place : {"", " ", "0x", "0x12", "0x12 ", "0x12  /dev/zero", "0x12 00 /",
                                    "0xz 00 /bin/sh", "12 00 /bin/sh"}) {
        CAPTURE(place);
        CHECK(line_of(place).empty());
    }
}

TEST_CASE("an inlined function in a user's file is the user's, whatever its name") {
    const auto lines = detail::parse_tool(
        "0x1\n_ZNSt17_Function_handlerIFvvEPFvvEE9_M_invokeERKSt9_Any_data\n/home/me/area.cpp:7\n"
        "__invoke_r<void>\n/usr/include/c++/12/bits/invoke.h:111\n");
    REQUIRE(lines.size() == 1);
    REQUIRE(lines[0].size() == 2);
    CHECK(lines[0][0].function == "?");
    CHECK(lines[0][0].line == "/home/me/area.cpp:7");
    CHECK_FALSE(lines[0][0].is_plumbing);
    CHECK(lines[0][1].is_plumbing);
}

TEST_CASE("what a tool prints is read as far as it is known") {
    const auto lines = detail::parse_tool(
        "0x0000000000001139\n_Z4areav\n/home/me/area.cpp:12 (discriminator 3)\n"
        "_ZSt8__invokeIRFvvEJEEvv\n??:?\n0x1\n??\n??:0\n0x2");
    REQUIRE(lines.size() == 3);
    REQUIRE(lines[0].size() == 2);
    CHECK(lines[0][0].function == "area()");
    CHECK(lines[0][0].line == "/home/me/area.cpp:12");
    CHECK_FALSE(lines[0][0].is_plumbing);
    CHECK(lines[0][1].line.empty());
    CHECK(lines[0][1].is_plumbing);
    REQUIRE(lines[1].size() == 1);
    CHECK(lines[1][0].line.empty());
    CHECK(lines[2].empty());
}
