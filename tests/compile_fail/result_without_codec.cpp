// expect: the result cannot be written as JSON
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

class widget {
 public:
    explicit widget(int) {}
};
widget make_widget() { return widget(1); }
int make_number() { return 1; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<make_widget>();
#else
const auto definition = rf::make_definition<make_number>();
#endif
