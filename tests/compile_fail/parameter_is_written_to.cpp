// expect: a parameter is a reference to non-const
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

void increment(int& n) { ++n; }
int next(const int& n) { return n + 1; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<increment>({.args = {"n"}});
#else
const auto definition = rf::make_definition<next>({.args = {"n"}});
#endif
