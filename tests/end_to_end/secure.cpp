/// A server with TLS: CERTIFICATE KEY [CLIENT_AUTHORITIES [optional]].

#include <restful_functions.hpp>

#include <cstring>
#include <iostream>
#include <string>

namespace rf = restful_functions;

int addition(int x, int y) { return x + y; }

std::string echo(std::string value) { return value; }

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    rf::tls_options tls{argv[1], argv[2]};
    if (argc > 3) tls.client_ca_file = argv[3];
    tls.requires_client_certificate = argc < 5;
    rf::server_options options{.host = "localhost", .port = 0};
    options.tls = tls;
    options.idle_timeout = std::chrono::seconds(5);
    options.on_listening = [](const std::string& url) {
        std::cout << "listening on " << url << std::endl;
    };
    try {
        rf::function_server server(options);
        server.add_function<addition>({.args = {"x", "y"}});
        server.add_function<echo>({.args = {"value"}});
        server.start();
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
