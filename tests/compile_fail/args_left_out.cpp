// expect: this function has parameters: name each of them in .args
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<addition>({.max_concurrency = 1});
#else
const auto definition = rf::make_definition<addition>({.args = {"x", "y"}, .max_concurrency = 1});
#endif
