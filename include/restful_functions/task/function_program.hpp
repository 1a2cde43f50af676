/// function_program: what a task process runs, the functions of a registry.
#pragma once

#include <restful_functions/function/registry.hpp>
#include <restful_functions/json/output.hpp>
#include <restful_functions/process/limits.hpp>
#include <restful_functions/process/program.hpp>

#include <cstdint>
#include <string_view>

namespace restful_functions::task {

/// Entry `n` is the registry's function `n`; the input is the call's body, the output the result as
/// JSON.
class function_program final : public process::program {
 public:
    explicit function_program(const registry& functions) noexcept : functions_(functions) {}

    void warm_up() noexcept override {
        for (const function_definition& function : functions_) function.warm_up();
    }

    [[nodiscard]] limits limits_of(std::uint32_t entry) const override {
        return functions_.at(entry).limits;
    }

    void run(std::uint32_t entry, std::string_view input, process::window& output) override {
        json::bounded_output result(output.data, output.capacity);
        functions_.at(entry).invoke(input, result);
        output.size = result.text().size();
        output.overflow = result.overflow();
    }

 private:
    const registry& functions_;
};

}  // namespace restful_functions::task
