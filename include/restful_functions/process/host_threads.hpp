/// host_threads: the threads that a program has when its processes are forked, which do not have
/// them.
#pragma once

#include <dirent.h>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
/// OpenMP 5.0, 3.2.44, under a name that <omp.h> does not declare; null in a program without it.
int restful_functions_omp_pause_resource_all(int kind) __asm__("omp_pause_resource_all")
    __attribute__((weak));
}

namespace restful_functions::process::detail {

/// The names of the other threads of this process (proc(5), /proc/pid/task/tid/comm).
inline std::vector<std::string> other_threads() {
    std::vector<std::string> names;
    const std::string tasks = "/proc/self/task";
    const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(tasks.c_str()), ::closedir);
    while (const dirent* entry = list ? ::readdir(list.get()) : nullptr) {
        if (entry->d_name[0] == '.' || std::atoi(entry->d_name) == ::gettid()) continue;
        std::string name;
        if (std::getline(std::ifstream(tasks + "/" + entry->d_name + "/comm"), name))
            names.push_back(name);
    }
    return names;
}

/// The OpenMP runtimes that are loaded, also those that a library or a plug-in has brought along.
inline std::vector<std::string> openmp_libraries() {
    std::vector<std::string> found;
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* into) {
            const std::string_view path(object->dlpi_name);
            const std::string_view name = path.substr(path.rfind('/') + 1);
            for (const std::string_view known : {"libgomp", "libomp", "libiomp"}) {
                if (name.starts_with(known))
                    static_cast<std::vector<std::string>*>(into)->emplace_back(path);
            }
            return 0;
        },
        &found);
    return found;
}

/// Ends the threads that OpenMP keeps for the next parallel region of the calling thread. Without
/// it, a forked process waits for them for ever in its first such region.
inline void pause_openmp() {
    constexpr int hard = 2;  // omp_pause_hard
    using pause_function = int(int);
    bool is_loaded = false;
    if (restful_functions_omp_pause_resource_all != nullptr) {
        restful_functions_omp_pause_resource_all(hard);
        is_loaded = true;
    }
    for (const std::string& library : openmp_libraries()) {
        void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD);
        if (handle == nullptr) continue;
        auto* pause = reinterpret_cast<pause_function*>(::dlsym(handle, "omp_pause_resource_all"));
        if (pause != nullptr) pause(hard);
        ::dlclose(handle);
        is_loaded = true;
    }
    // They have been told to end, and tell nobody when they have.
    constexpr timespec moment{0, 1'000'000};
    for (int moments = 0; is_loaded && moments < 50 && !other_threads().empty(); ++moments) {
        ::nanosleep(&moment, nullptr);
    }
}

/// Says which threads calls will miss.
inline void warn_of_threads() {
    const std::vector<std::string> names = other_threads();
    // ThreadSanitizer has one, which it starts again in a fork.
    if (names.empty() || ::dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr) return;
    constexpr std::size_t most_named = 8;
    std::string list;
    for (std::size_t i = 0; i < std::min(names.size(), most_named); ++i) {
        list += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() > most_named) list += ", ...";
    std::fprintf(stderr,
                 "restful-functions: the program has %zu other thread%s when it starts (%s): calls "
                 "do not have them, and wait for ever for what they would do. Start them after "
                 "start(), or in on_process_start where calls need them, or use isolation::spawn\n",
                 names.size(), names.size() == 1 ? "" : "s", list.c_str());
}

}  // namespace restful_functions::process::detail
