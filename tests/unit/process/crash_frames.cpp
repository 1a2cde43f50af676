#include <restful_functions/process/call_plumbing.hpp>
#include <restful_functions/process/crash_frames.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace restful_functions::process;

TEST_CASE("a backtrace ends at the user's function") {
    CHECK(backtrace_text("write+0x1 (a)\t+0x1 00 \ninvoke+0x1 (a)\t-0x2 00 \n"
                         "area+0x1 (a)\t+0x3 00 \ninvoke+0x1 (a)\t-0x4 00 \n") ==
          "write+0x1 (a)\ninvoke+0x1 (a)\narea+0x1 (a)\n");
}

TEST_CASE("where all frames are between the server and the function, the first is told") {
    CHECK(backtrace_text("invoke+0x1 (a)\t-0x2 00 \nrun+0x1 (a)\t-0x4 00 \n") ==
          "invoke+0x1 (a)\n");
}

TEST_CASE("inlined functions come before the one that has the frame, and may be the user's") {
    const source_lines known{{"area()", "a.cpp:3", false}, {"invoke()", "std.h:4", true}};
    CHECK(backtrace_text(parse_frames("invoke+0x1 (a)\t-0x2 00 \n"), [&](std::string_view) {
              return &known;
          }) == "area() (inlined) at a.cpp:3\n");
}

TEST_CASE("what a process scribbled over its frames is bounded") {
    CHECK(backtrace_text("") == "");
    CHECK(backtrace_text("\t") == "\n");
    CHECK(backtrace_text("a\t-") == "a\n");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "f\n";
    CHECK(backtrace_text(many).size() == 64 * 2);
    CHECK(backtrace_text(std::string(1'000'000, 'f')).size() == 64 * 1024);
}

TEST_CASE("functions between the server and a user's function are told from those of users") {
    for (const char* name :
         {"_ZSt13__invoke_implIvRPFvvEJEET_St14__invoke_otherOT0_DpOT1_",
          "_ZNSt17_Function_handlerIFvvEPFvvEE9_M_invokeERKSt9_Any_data",
          "_ZNKSt8functionIFvvEEclEv", "_ZNRSt11_Bind_frontIM4areaFvvEJEEclIJEEEvv",
          "_ZL14__gthread_oncePiPFvvE", "_ZNSt6thread11_State_implIS_8_InvokerIS_EE6_M_runEv",
          "_ZN17restful_functions4task16function_program3runEjSt17basic_string_viewIcE",
          "_ZZN17restful_functions6detail4callEvENKUlvE_clEv", "start_thread", "clone3"}) {
        CAPTURE(name);
        CHECK(is_call_plumbing(name));
    }
    for (const char* name :
         {"main", "_Z4areav", "_ZN7restful4areaEv", "_ZN4area5applyEv",
          "_ZN17restful_functions5codecI4areaE6decodeEv", "", "_ZSt4sortIPiEvT_S1_"}) {
        CAPTURE(name);
        CHECK_FALSE(is_call_plumbing(name));
    }
    for (const char* path :
         {"/usr/include/c++/12/bits/invoke.h", "/usr/include/x86_64-linux-gnu/c++/12/bits/gthr.h",
          "/opt/include/c++/v1/future", "/usr/include/restful_functions/function/registry.hpp",
          "/home/me/single/restful_functions.hpp"}) {
        CAPTURE(path);
        CHECK(is_file_of_call_plumbing(path));
    }
    for (const char* path : {"/home/me/restful_functions/area.cpp", "/home/me/c++/area.cpp",
                             "/usr/include/stdio.h", ""}) {
        CAPTURE(path);
        CHECK_FALSE(is_file_of_call_plumbing(path));
    }
}
