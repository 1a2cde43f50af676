/// What a codec takes it can write, and what it has written it takes again for the same: for a type
/// of each codec, and for types that hold others.

#include <restful_functions/json/codecs.hpp>

#include "property.hpp"

#include <rapidjson/document.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace rf = restful_functions;
namespace json = restful_functions::json;

namespace {

enum class color : std::uint8_t { red, green, blue = 7 };
enum offset : int { below = -3, zero, far = 100'000 };

struct point {
    int x;
    std::optional<double> y;
    bool visible = true;
};

struct drawing {
    std::string name;
    std::vector<point> points;
    std::map<std::string, color> palette;
    std::variant<std::int64_t, double, std::string, point> origin;
    std::chrono::milliseconds shown{1500};
    std::optional<rf::blob> picture;
};

template <typename T>
std::string encoded(const T& what) {
    json::string_output out;
    json::writer writer(out);
    json::encode(what, writer);
    return std::move(out).take();
}

/// `same`: what was written is also what is written after another turn. It is not for containers
/// that keep no order.
template <typename T, bool same = true>
void turn(const json::value& given) {
    const auto first = json::decode<T>(given);
    if (!first) {
        fuzz::require(!first.why().detail.empty(), "a refusal says why");
        return;
    }
    const std::string text = encoded(*first);
    const auto parsed = json::parse(text);
    fuzz::require(static_cast<bool>(parsed), "what is written is JSON", text);
    const auto second = json::decode<T>(*parsed);
    fuzz::require(static_cast<bool>(second), "what is written is taken", text);
    const std::string again = encoded(*second);
    fuzz::require(!same || again == text, "what is written is taken for the same",
                  text + " became " + again);
}

template <typename... T>
void turn_each(const json::value& given) {
    (turn<T>(given), ...);
}

void turn_all(const json::value& given) {
    using namespace std::chrono;
    turn_each<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
              std::int64_t, std::uint64_t>(given);
    turn_each<float, double, bool, char, std::string, std::monostate, color, offset>(given);
    turn_each<nanoseconds, milliseconds, seconds, hours, duration<std::int32_t, std::ratio<1, 3>>,
              duration<float>, duration<double>>(given);
    turn<duration<double, std::milli>, false>(given);  // seconds of milliseconds are rounded
    turn_each<std::optional<int>, std::optional<std::string>, std::vector<int>, std::vector<bool>,
              std::deque<std::string>, std::list<double>, std::array<float, 2>, std::array<int, 0>,
              std::set<std::string>, std::set<std::vector<int>>>(given);
    turn_each<std::map<std::string, double>, std::map<std::string, std::vector<std::string>>,
              std::pair<int, std::string>, std::tuple<>, std::tuple<bool, float, std::string>,
              std::vector<std::optional<int>>>(given);
    turn_each<std::variant<bool, int>, std::variant<int, std::string>,
              std::variant<std::monostate, double, std::vector<int>>,
              std::variant<std::uint64_t, double, bool, std::string, std::vector<std::string>,
                           std::map<std::string, int>>>(given);
    turn_each<point, drawing, std::vector<point>, std::optional<drawing>, rf::blob,
              std::vector<rf::blob>, rapidjson::Document>(given);
    turn<std::unordered_set<int>, false>(given);
    turn<std::unordered_map<std::string, int>, false>(given);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto given = json::parse(text);
    const bool is_valid = json::is_valid(text);
    fuzz::require(!given || is_valid, "what is parsed is valid");
    if (given) {
        turn_all(*given);
    } else {
        fuzz::require(!is_valid || given.why().detail.starts_with("nested"),
                      "what is valid is parsed, but for its depth", given.why().detail);
    }
    return 0;
}
