// expect: a parameter cannot be read from JSON
// expect: widget
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

class widget {
 public:
    explicit widget(int) {}
};
template <typename T>
struct shelf {
    std::string name;
    std::vector<std::optional<T>> things;
};
template <typename T>
std::size_t count(const shelf<T>& s) {
    return s.things.size();
}

#ifdef MUST_FAIL
const auto definition = rf::make_definition<count<widget>>({.args = {"s"}, .name = "count"});
#else
const auto definition = rf::make_definition<count<int>>({.args = {"s"}, .name = "count"});
#endif
