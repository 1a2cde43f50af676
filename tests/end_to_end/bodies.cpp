/// A server of functions that take and return every kind of value, for the checks of bodies and of
/// generated clients.

#include <restful_functions.hpp>

#include "../../examples/options.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rf = restful_functions;

struct circle {
    double radius = 1;
    std::optional<std::string> label;
};

enum class colour { red, green };

struct upload {
    rf::blob file;
    std::optional<std::string> title;
};

/// What is known of a blob: "name type size".
std::string described(const rf::blob& file) {
    return file.filename + " " + file.content_type + " " + std::to_string(file.bytes.size());
}

std::pair<double, double> turned(std::pair<double, double> corner) {
    return {-corner.second, corner.first};
}

std::optional<circle> grown(std::optional<circle> shape, double factor) {
    if (shape) shape->radius *= factor;
    return shape;
}

rf::blob mirrored(rf::blob file) { return file; }

std::vector<std::string> listed(std::vector<rf::blob> files, std::optional<rf::blob> cover) {
    std::vector<std::string> names;
    for (const rf::blob& each : files) names.push_back(described(each));
    if (cover) names.push_back("cover " + described(*cover));
    return names;
}

std::vector<rf::blob> gathered(std::optional<std::vector<rf::blob>> files) {
    return files.value_or(std::vector<rf::blob>());
}

std::string filed(upload what, std::string note) {
    return described(what.file) + " " + what.title.value_or("untitled") + " " + note;
}

std::string kept(upload what) {
    return described(what.file) + " " + what.title.value_or("untitled");
}

std::variant<std::int32_t, std::string, circle> either(
    std::variant<std::int32_t, std::string, circle> value) {
    return value;
}

std::uint64_t next(std::uint64_t number) { return number + 1; }

std::map<std::string, std::vector<std::pair<std::int64_t, colour>>> everything(
    std::map<std::string, std::vector<std::pair<std::int64_t, colour>>> all) {
    return all;
}

std::string echo(std::string value) { return value; }

int main(int argc, char** argv) {
    rf::server_options options = parse(argc, argv);
    options.max_body_bytes = 1'000'000;
    rf::function_server server(options);
    server.add_function<turned>({.args = {"corner"}});
    server.add_function<grown>({.args = {"shape", "factor"}});
    server.add_function<mirrored>({.args = {"file"}});
    server.add_function<listed>({.args = {"files", "cover"}});
    server.add_function<gathered>({.args = {"files"}});
    server.add_function<filed>({.args = {"what", "note"}});
    server.add_function<kept>({.args = rf::fields});
    server.add_function<either>({.args = {"value"}});
    server.add_function<next>({.args = {"number"}});
    server.add_function<everything>({.args = {"all"}});
    server.add_function<echo>({.args = {"value"}});
    server.start();
}
