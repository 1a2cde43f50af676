// expect: this function has no name of its own that fits a URL
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

struct doubler {
    int operator()(int v) const { return 2 * v; }
};

#ifdef MUST_FAIL
const auto definition = rf::make_definition<doubler{}>({.args = {"v"}});
#else
const auto definition = rf::make_definition<doubler{}>({.args = {"v"}, .name = "twice"});
#endif
