/// dispatcher: the dispatcher that the routes work with, over real processes and the server's own
/// memory.
#pragma once

#include <restful_functions/process/executor.hpp>
#include <restful_functions/task/dispatcher.hpp>
#include <restful_functions/task/table.hpp>

namespace restful_functions::api {

using dispatcher = task::dispatcher<process::executor, task::table>;

}  // namespace restful_functions::api
