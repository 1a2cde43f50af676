/// restful_functions: plain C++ functions as an HTTP API, each call in a process of its own.
#pragma once

#include <restful_functions/function_server.hpp>
#include <restful_functions/transport/in_process.hpp>
#include <restful_functions/version.hpp>
