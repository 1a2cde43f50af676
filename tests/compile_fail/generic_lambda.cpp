// expect: this is not callable with one list of types
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

#ifdef MUST_FAIL
const auto definition = rf::make_definition("twice", [](auto v) { return 2 * v; }, {.args = {"v"}});
#else
const auto definition = rf::make_definition("twice", [](int v) { return 2 * v; }, {.args = {"v"}});
#endif
