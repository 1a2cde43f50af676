// expect: error__args_needs_one_name_for_each_parameter_of_the_function
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

inline const auto scale = [](double v, double by) { return v * by; };

#ifdef MUST_FAIL
const auto definition = rf::make_definition("scale", scale, {.args = {"v"}});
#else
const auto definition = rf::make_definition("scale", scale, {.args = {"v", "by"}});
#endif
