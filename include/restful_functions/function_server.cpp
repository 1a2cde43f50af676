/// The one file to compile with the programs whose other files are compiled with
/// RESTFUL_FUNCTIONS_SEPARATE_COMPILATION.

#ifndef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#define RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#endif

#include <restful_functions/function/call_definitions.hpp>
#include <restful_functions/function_server_definitions.hpp>
#include <restful_functions/json/excerpt_definitions.hpp>
#include <restful_functions/json/members_definitions.hpp>
#include <restful_functions/json/parse_definitions.hpp>
#include <restful_functions/json/refusal_definitions.hpp>
#include <restful_functions/json/schema_definitions.hpp>
