/// What every example understands: `--port N`, `--host H`, `--unix-socket PATH`, and in the
/// environment FUNCTIONS_TOKEN, the secret of its only caller; and it prints where it listens.
#pragma once

#include <restful_functions.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

inline restful_functions::server_options parse(int argc, char** argv) {
    restful_functions::server_options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view flag = argv[i];
        const std::string value = argv[i + 1];
        if (flag == "--host") options.host = value;
        if (flag == "--unix-socket") options.unix_socket = value;
        if (flag == "--port") options.port = static_cast<unsigned short>(std::stoul(value));
    }
    if (const char* const secret = std::getenv("FUNCTIONS_TOKEN"))
        options.tokens = {{.secret = secret}};
    options.on_listening = [](const std::string& url) {
        std::printf("listening on %s\n", url.c_str());
        std::fflush(stdout);
    };
    return options;
}
