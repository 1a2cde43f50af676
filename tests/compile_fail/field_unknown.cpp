// expect: error__args_describes_a_field_that_the_aggregate_does_not_have
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

struct point {
    int x;
    int y;
};
int sum(point p) { return p.x + p.y; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<sum>({.args = {rf::fields, {{"z", "height"}}}});
#else
const auto definition = rf::make_definition<sum>({.args = {rf::fields, {{"x", "width"}}}});
#endif
