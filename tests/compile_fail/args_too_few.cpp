// expect: error__args_needs_one_name_for_each_parameter_of_the_function
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<addition>({.args = {"x"}});
#else
const auto definition = rf::make_definition<addition>({.args = {"x", "y"}});
#endif
