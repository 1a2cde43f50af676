// expect: .args = fields needs a function whose only parameter is a plain aggregate
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

struct name {
    std::string text;
};
std::size_t length(std::string text) { return text.size(); }
std::size_t size(const name& n) { return n.text.size(); }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<length>({.args = rf::fields});
#else
const auto definition = rf::make_definition<size>({.args = rf::fields});
#endif
