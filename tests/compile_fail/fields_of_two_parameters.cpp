// expect: .args = fields needs a function whose only parameter is a plain aggregate
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }
struct point {
    int x;
    int y;
};
int sum(point p) { return p.x + p.y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<addition>({.args = rf::fields});
#else
const auto definition = rf::make_definition<sum>({.args = rf::fields});
#endif
