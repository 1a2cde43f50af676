// expect: error__two_names_in_args_are_the_same
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<addition>({.args = {"x", "x"}});
#else
const auto definition = rf::make_definition<addition>({.args = {"x", "X"}});
#endif
