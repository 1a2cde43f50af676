// expect: a parameter cannot be read from JSON
#include <restful_functions/function/make_definition.hpp>

namespace rf = restful_functions;

struct wide {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
    int a1, b1, c1, d1, e1, f1;
};
struct wider {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
    int a1, b1, c1, d1, e1, f1, g1;
};
int with_33(wider w) { return w.a; }
int with_32(wide w) { return w.a; }

#ifdef MUST_FAIL
const auto definition = rf::make_definition<with_33>({.args = {"w"}});
#else
const auto definition = rf::make_definition<with_32>({.args = {"w"}});
#endif
