// expect: a parameter cannot be read from JSON
// expect: widget
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

class widget {
 public:
    explicit widget(int) {}
};
int use(int, const widget&) { return 0; }
int use(int, int) { return 0; }

#ifdef MUST_FAIL
const auto definition =
    rf::make_definition<static_cast<int (*)(int, const widget&)>(use)>({.args = {"n", "w"}});
#else
const auto definition =
    rf::make_definition<static_cast<int (*)(int, int)>(use)>({.args = {"n", "w"}});
#endif
