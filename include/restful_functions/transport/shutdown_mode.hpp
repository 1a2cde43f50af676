/// How a server ends.
#pragma once

namespace restful_functions {

/// What becomes of the tasks that run when a server is asked to stop.
enum class shutdown_mode {
    join,       ///< They end by themselves; a second request to stop ends them.
    terminate,  ///< They are ended.
};

}  // namespace restful_functions
