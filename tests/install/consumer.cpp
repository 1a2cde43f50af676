#include <restful_functions.hpp>
int addition(int x, int y) { return x + y; }
int main() {
    restful_functions::function_server server;
    server.add_function<addition>({.args = {"x", "y"}});
}
