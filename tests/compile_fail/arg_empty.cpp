// expect: error__a_name_in_args_is_not_an_identifier
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<addition>({.args = {"x", ""}});
#else
const auto definition = rf::make_definition<addition>({.args = {"x", "y"}});
#endif
