// expect: this function has parameters: name each of them in .args
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }
int answer() { return 42; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<addition>();
#else
const auto definition = rf::make_definition<answer>();
#endif
