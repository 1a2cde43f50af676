// expect: a parameter cannot be read from JSON
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

int by_number(std::map<int, int> m) { return m[0]; }
int by_name(std::map<std::string, int> m) { return m[""]; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<by_number>({.args = {"m"}});
#else
const auto definition = rf::make_definition<by_name>({.args = {"m"}});
#endif
