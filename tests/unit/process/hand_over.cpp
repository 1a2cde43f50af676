#include <restful_functions/process/hand_over.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace restful_functions::process;

namespace {

struct memory {
    alignas(slot_header) std::byte bytes[slot::payload_offset + 100]{};
    slot own{bytes, sizeof bytes};
    memory() { new (bytes) slot_header{}; }
};

}  // namespace

TEST_CASE("a call lies in the slot with its entry and its input") {
    const memory shared;
    hand_over(shared.own, 7, restful_functions::isolation::worker, "input",
              {"the call", "00-trace"});
    CHECK(std::string(shared.own.header().label) == "the call");
    CHECK(std::string(shared.own.header().trace) == "00-trace");
    CHECK(shared.own.header().state == slot_state::called);
    CHECK(shared.own.header().entry == 7);
    CHECK(std::string(shared.own.payload(), shared.own.header().input_size) == "input");
}

TEST_CASE("a result is what the process left") {
    const memory shared;
    std::memcpy(shared.own.payload(), "[1]", 3);
    shared.own.header().output_size = 3;
    shared.own.header().result = verdict::returned;
    CHECK(std::get<returned>(take_result(shared.own, std::nullopt)).bytes == "[1]");
    shared.own.header().result = verdict::threw;
    CHECK(std::get<threw>(take_result(shared.own, std::nullopt)).what == "[1]");
    shared.own.header().type_size = 1;
    CHECK(std::get<threw>(take_result(shared.own, std::nullopt)).type == "[");
    shared.own.header().result = verdict::returned;
    CHECK(std::get<returned>(take_result(shared.own, std::nullopt)).bytes == "1]");
    CHECK(std::get<returned>(take_result(shared.own, std::nullopt)).type == "[");
    shared.own.header().type_size = 4;
    CHECK(std::holds_alternative<lost>(take_result(shared.own, std::nullopt)));
    shared.own.header().type_size = 0;
    shared.own.header().result = verdict::too_large;
    CHECK(std::get<result_too_large>(take_result(shared.own, std::nullopt)).limit == 100);
}

TEST_CASE("a result that reaches beyond the slot is not believed") {
    const memory shared;
    for (const std::uint64_t size :
         {std::uint64_t{101}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
        shared.own.header().output_size = size;
        CHECK(std::holds_alternative<lost>(take_result(shared.own, std::nullopt)));
    }
}

TEST_CASE("a verdict that there is not is not believed") {
    const memory shared;
    for (const std::uint32_t value : {0U, 5U, ~0U}) {
        std::memcpy(&shared.own.header().result, &value, sizeof value);
        CHECK(std::holds_alternative<lost>(take_result(shared.own, std::nullopt)));
    }
}

TEST_CASE("a reason against rewinding that there is not is not believed") {
    const memory shared;
    shared.own.header().why_not_rewound = mark_refusal::not_alone;
    CHECK(take_stay(shared.own).why_not_rewound == mark_refusal::not_alone);
    for (const std::uint32_t value : {5U, ~0U}) {
        std::memcpy(&shared.own.header().why_not_rewound, &value, sizeof value);
        CHECK(take_stay(shared.own).why_not_rewound == mark_refusal::none);
    }
}
