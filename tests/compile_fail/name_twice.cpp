// expect: the first argument is the name already: leave .name out
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition("add", addition, {.args = {"x", "y"}, .name = "plus"});
#else
const auto definition = rf::make_definition("plus", addition, {.args = {"x", "y"}});
#endif
