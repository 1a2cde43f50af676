/// call_plumbing: functions between the server and a user's function, which a backtrace leaves out.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace restful_functions::process {

/// Whether a function, by its mangled name, is of those by which this library, the C++ library or
/// the C library calls a user's function or begins a thread. Codecs are not, for users write some.
/// Allocates nothing.
[[nodiscard]] inline bool is_call_plumbing(std::string_view mangled) noexcept {
    constexpr std::array<std::string_view, 10> of_c{
        "start_thread", "clone",
        "__clone",      "clone3",
        "__clone3",     "thread_start",
        "pthread_once", "__pthread_once_slow",
        "__once_proxy", "execute_native_thread_routine"};
    if (std::find(of_c.begin(), of_c.end(), mangled) != of_c.end()) return true;
    // What a lambda without a capture is called by as a pointer.
    if (mangled.find("4_FUNE") != mangled.npos || mangled.find("8__invokeE") != mangled.npos)
        return true;
    const auto take = [&mangled](std::string_view prefix) {
        const bool has = mangled.starts_with(prefix);
        if (has) mangled.remove_prefix(prefix.size());
        return has;
    };
    if (!take("_Z")) return false;
    if (take("L14__gthread_once")) return true;
    while (take("Z") || take("N") || take("K") || take("R") || take("O")) {
    }
    if (take("17restful_functions")) return !mangled.starts_with("5codecI");
    if (!take("St")) return false;
    take("3__1");  // of LLVM
    constexpr std::array<std::string_view, 22> of_std{
        "6invokeI",         "8invoke_rI",        "8__invokeI",
        "10__invoke_rI",    "13__invoke_impl",   "5applyI",
        "12__apply_impl",   "8functionI",        "17_Function_handlerI",
        "10__function",     "12_Mem_fn_base",    "7_Mem_fnI",
        "5_BindI",          "11_Bind_frontI",    "17reference_wrapperI",
        "6threadI",         "6thread8_InvokerI", "6thread11_State_implI",
        "13__future_base",  "9call_onceI",       "9once_flag",
        "14__thread_proxy",
    };
    return std::any_of(of_std.begin(), of_std.end(),
                       [&](std::string_view each) { return mangled.starts_with(each); });
}

/// Whether a function in this file is of those. Of an inlined one the debug information may have no
/// mangled name.
[[nodiscard]] inline bool is_file_of_call_plumbing(std::string_view path) noexcept {
    const std::size_t include = path.find("/include/");
    return path.find("include/restful_functions/") != path.npos ||
           path.ends_with("/restful_functions.hpp") ||
           (include != path.npos && path.find("/c++/", include) != path.npos);
}

}  // namespace restful_functions::process
