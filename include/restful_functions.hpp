/// restful_functions: plain C++ functions as an HTTP API, each call in a process of its own.
///
/// With RESTFUL_FUNCTIONS_SEPARATE_COMPILATION it declares the server without its parts, which
/// restful_functions/function_server.cpp compiles once.
#pragma once

#include <restful_functions/function_server.hpp>
#include <restful_functions/process/current_call.hpp>
#include <restful_functions/version.hpp>

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#include <restful_functions/transport/in_process.hpp>
#endif
