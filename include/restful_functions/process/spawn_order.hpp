/// spawn_order: what a new run of the program is told that is to serve calls, on its way through
/// the environment.
#pragma once

#include <restful_functions/process/descriptors.hpp>
#include <restful_functions/process/protocol.hpp>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

namespace restful_functions::process {

struct spawn_order {
    pid_t parent = 0;  ///< the fork server
    process_id self{};
    std::uint32_t server = 0;     ///< its number among the servers of the program
    std::size_t slot_offset = 0;  ///< where the process's slot lies in the arena's file
    std::size_t slot_size = 0;
    int descriptors = first_own_descriptor;  ///< the first of the numbers for its own
    bool has_log = false;
    std::string memory_directory;  ///< of memory_cgroup; empty without one

    static constexpr const char* variable = "RESTFUL_FUNCTIONS_SPAWN";

    [[nodiscard]] std::string text() const {
        std::ostringstream out;
        out << parent << ' ' << self.slot << ' ' << self.generation << ' ' << server << ' '
            << slot_offset << ' ' << slot_size << ' ' << descriptors << ' ' << has_log << ' '
            << memory_directory;
        return out.str();
    }

    /// nullopt: text() did not write it.
    [[nodiscard]] static std::optional<spawn_order> read(const std::string& text) {
        std::istringstream in(text);
        spawn_order order;
        in >> order.parent >> order.self.slot >> order.self.generation >> order.server >>
            order.slot_offset >> order.slot_size >> order.descriptors >> order.has_log;
        if (!in || in.get() != ' ') return std::nullopt;
        std::getline(in, order.memory_directory);
        return order;
    }
};

namespace detail {

/// How the program was started, seen before its main() can change it.
struct program_start {
    std::string directory;  ///< empty: it cannot be told
    std::optional<spawn_order> order;

    program_start() {
        if (char* path = ::getcwd(nullptr, 0)) {
            directory = path;
            std::free(path);
        }
        const char* text = std::getenv(spawn_order::variable);
        if (text == nullptr) return;
        order = spawn_order::read(text);
        ::unsetenv(spawn_order::variable);
        // One that a process has handed on by mistake.
        if (order && order->parent != ::getppid()) order.reset();
        if (!order) return;
        place_own_descriptors(order->descriptors);
        // Programs that main() executes are not to have them.
        for (int number = log_descriptor; number <= completion_descriptor; ++number) {
            ::fcntl(number, F_SETFD, FD_CLOEXEC);
        }
    }
};

inline const program_start started;

}  // namespace detail

/// Whether this run of the program serves calls of another one of its servers.
[[nodiscard]] inline bool is_spawned_for_another(std::uint32_t server) noexcept {
    return detail::started.order && detail::started.order->server != server;
}

}  // namespace restful_functions::process
