/// exposition: figures in the text format that Prometheus reads.
#pragma once

#include <restful_functions/api/histogram.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::api {

/// A text under construction (version 0.0.4 of the format). Names and the values of labels are the
/// server's own, and need no escapes: functions are named by unreserved characters.
class exposition {
 public:
    using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins a family; its samples follow.
    exposition& family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        append({"# HELP ", prefix, name, " ", help, "\n# TYPE ", prefix, name, " ", type, "\n"});
        return *this;
    }

    /// A sample of the present family.
    exposition& sample(double value, labels with = {}) { return sample("", value, with); }

    /// A histogram of the present family, for one function.
    exposition& sample(const histogram& values, std::string_view function) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < values.bounds().size(); ++i) {
            sum += values.in_range(i);
            sample("_bucket", static_cast<double>(sum),
                   {{"function", function}, {"le", number(values.bounds()[i])}});
        }
        sum += values.in_range(values.bounds().size());
        sample("_bucket", static_cast<double>(sum), {{"function", function}, {"le", "+Inf"}});
        sample("_sum", values.sum(), {{"function", function}});
        return sample("_count", static_cast<double>(sum), {{"function", function}});
    }

    [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
    static constexpr std::string_view prefix = "restful_functions_";

    exposition& sample(std::string_view suffix, double value, labels with) {
        append({prefix, name_, suffix});
        char separator = '{';
        for (const auto& [label, text] : with) {
            text_ += separator;
            append({label, "=\"", text, "\""});
            separator = ',';
        }
        if (with.size() != 0) text_ += '}';
        append({" ", number(value), "\n"});
        return *this;
    }

    void append(std::initializer_list<std::string_view> parts) {
        for (const std::string_view part : parts) text_ += part;
    }

    static std::string number(double value) {
        std::array<char, 32> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        return {digits.data(), end};
    }

    std::string text_;
    std::string_view name_;
};

}  // namespace restful_functions::api
