/// What the library itself includes of others, alone: what a program that uses it compiles anyway.

#include <asio.hpp>
#include <llhttp.h>
#include <rapidjson/document.h>

int main() {}
