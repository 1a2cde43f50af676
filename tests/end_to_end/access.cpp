/// A server that tells its callers apart.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <string>
#include <utility>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

int log_in(int pin) { return pin; }

int main(int argc, char** argv) {
    rf::server_options options = parse(argc, argv);
    options.tokens = {
        {.secret = "of-the-admin", .name = "admin"},
        {.secret = "of-the-viewer", .name = "viewer", .grant = {.scopes = {rf::scope::read}}},
    };
    options.users = {{.name = "eve", .password = "a secret"}};
    options.allowed_origins = {"https://app.example"};
    options.log_health_checks = true;
    rf::function_server server(std::move(options));
    server.add_function<addition>({.args = {"x", "y"}});
    server.add_function<log_in>({.args = {{"pin", "of the card", rf::secret}}});
    server.start();
}
