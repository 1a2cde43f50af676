/// One case of the conformance test: bytes that a client sends, and what must come back.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// What one response must be.
struct expected {
    int status = 200;
    /// Fields that it must have; one without a value may have any, one that begins with '!' must
    /// not be there.
    std::vector<std::string> fields{};
    /// The body, or "?" for any.
    std::string body = "?";
};

/// What becomes of the connection after the last response.
enum class connection { stays, closes };

/// Where the same request can be put in a value and handed over without bytes.
enum class carried { by_bytes_only, in_process_too };

struct row {
    const char* section;  ///< "9112 3.2": RFC and section
    const char* says;     ///< what holds, and where the RFC leaves a choice, what we chose
    std::string sent;
    std::vector<expected> answers;
    connection after = connection::stays;
    carried how = carried::by_bytes_only;
};

using rows = std::vector<row>;

rows request_lines();
rows fields();
rows bodies();
rows semantics();

// What most rows are made of.

inline const std::string host = "Host: localhost\r\n";

inline std::string request(const std::string& line, const std::string& fields = host,
                           const std::string& body = "") {
    return line + "\r\n" + fields + "\r\n" + body;
}

inline std::string get(const std::string& fields = "",
                       const std::string& target = "/function/running-count/idle") {
    return request("GET " + target + " HTTP/1.1", host + fields);
}

inline std::string post(const std::string& fields, const std::string& body,
                        const std::string& target = "/echo/keep-connection") {
    return request("POST " + target + " HTTP/1.1", host + fields, body);
}

}  // namespace conformance
