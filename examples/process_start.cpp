/// What must be new in each process: the seed of a generator and a connection to a database.
/// Without the hook each call would draw the same numbers, and all would write to one connection at
/// once. The database is there where the program is built with PROCESS_START_SQLITE and linked with
/// SQLite.

#include <restful_functions.hpp>

#include "options.hpp"

#ifdef PROCESS_START_SQLITE
#include <sqlite3.h>
#endif

#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace rf = restful_functions;

std::mt19937 generator;

#ifdef PROCESS_START_SQLITE
sqlite3* database = nullptr;

void open_database() {
    if (sqlite3_open(":memory:", &database) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(database));
}

/// The greater of two numbers, by SQL.
int greater(int x, int y) {
    sqlite3_stmt* query = nullptr;
    if (sqlite3_prepare_v2(database, "SELECT max(?, ?)", -1, &query, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(database));
    sqlite3_bind_int(query, 1, x);
    sqlite3_bind_int(query, 2, y);
    const int found = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int(query, 0) : 0;
    sqlite3_finalize(query);
    return found;
}
#else
void open_database() {}

int greater(int x, int y) { return x > y ? x : y; }
#endif

/// Two numbers that differ from call to call.
std::vector<long> draw() { return {static_cast<long>(generator()), std::rand()}; }

int main(int argc, char** argv) {
    rf::server_options options = parse(argc, argv);
    options.on_process_start = [] {
        std::random_device entropy;
        generator.seed(entropy());
        std::srand(entropy());
        open_database();
    };
    rf::function_server server(options);
    server.add_function<draw>();
    // A worker has one connection for a thousand calls, and draws on from where it stands.
    server.add_function<greater>({.args = {"x", "y"}, .isolation = rf::isolation::worker});
    server.start();
}
