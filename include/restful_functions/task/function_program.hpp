/// function_program: what a task process runs, the functions of a registry.
#pragma once

#include <restful_functions/function/registry.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/process/program.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::task {

/// Entry `n` is the registry's function `n`; the input is the call's body, the output the result as
/// JSON, or a blob with its media type.
class function_program final : public process::program {
 public:
    explicit function_program(const registry& functions, std::function<void()> hook = {},
                              std::uint32_t number = 0)
        : functions_(functions), hook_(std::move(hook)), number_(number) {
        for (const function_definition& function : functions_) {
            samples_.push_back(function.sample_call());
        }
    }

    void warm_up(std::uint32_t entry) noexcept override {
        if (entry < samples_.size()) functions_.at(entry).warm_up(samples_[entry]);
    }

    [[nodiscard]] std::uint32_t functions() const override {
        return static_cast<std::uint32_t>(functions_.size());
    }

    [[nodiscard]] std::string registration() const override {
        std::string lines;
        for (const function_definition& function : functions_) {
            lines += function.name + "(";
            const char* separator = "";
            for (const arg_definition& arg : function.args) {
                lines += separator + arg.name + (arg.is_required ? ": " : "?: ");
                lines += to_string(arg.type);
                separator = ", ";
            }
            lines += ")\n";
        }
        return lines;
    }

    [[nodiscard]] std::uint32_t number() const override { return number_; }

    [[nodiscard]] bool has_hook() const override { return hook_ != nullptr; }

    void on_process_start() override {
        if (hook_) hook_();
    }

    [[nodiscard]] process::call_policy policy_of(std::uint32_t entry) const override {
        const function_definition& function = functions_.at(entry);
        return {function.limits, function.isolation, function.worker_calls, function.grace};
    }

    void run(std::uint32_t entry, std::string_view input, process::window& output) override {
        json::bounded_output result(output.data, output.capacity);
        functions_.at(entry).invoke(input, result);
        output.size = result.text().size();
        output.overflow = result.overflow();
        output.type_size = result.media_type_size();
    }

 private:
    const registry& functions_;
    std::function<void()> hook_;
    std::uint32_t number_;
    std::vector<std::string> samples_;  ///< a call of each
};

}  // namespace restful_functions::task
