// expect: a parameter cannot be read from JSON
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int from_pointer(int* p) { return *p; }
int from_optional(std::optional<int> p) { return p.value_or(0); }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<from_pointer>({.args = {"p"}});
#else
const auto definition = rf::make_definition<from_optional>({.args = {"p"}});
#endif
