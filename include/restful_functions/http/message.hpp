/// An HTTP request and an HTTP response as plain values, and the ordered header fields both carry.
#pragma once

#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/client_watch.hpp>
#include <restful_functions/http/pieced_text.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// One header field. The name keeps the spelling it was given.
struct field {
    std::string name;
    std::string value;
};

/// Header fields in the order they were received or added; a name may occur more than once.
class fields {
 public:
    using const_iterator = std::vector<field>::const_iterator;

    /// The value of the first field of that name, whatever its case; nullptr when there is none.
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept {
        for (const field& f : list_)
            if (equal_ignoring_case(f.name, name)) return &f.value;
        return nullptr;
    }

    /// Appends a field, also when the name is there already.
    void add(std::string name, std::string value) {
        list_.push_back({std::move(name), std::move(value)});
    }

    /// Makes this the only field of its name: the first one keeps its place, others are removed.
    void set(std::string name, std::string value) {
        const auto same = [&name](const field& f) { return equal_ignoring_case(f.name, name); };
        const auto first = std::find_if(list_.begin(), list_.end(), same);
        if (first == list_.end()) return add(std::move(name), std::move(value));
        list_.erase(std::remove_if(first + 1, list_.end(), same), list_.end());
        first->value = std::move(value);
    }

    /// Makes room for that many fields without further allocations.
    void reserve(std::size_t count) { list_.reserve(count); }

    [[nodiscard]] const_iterator begin() const noexcept { return list_.begin(); }
    [[nodiscard]] const_iterator end() const noexcept { return list_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
    [[nodiscard]] bool empty() const noexcept { return list_.empty(); }

 private:
    std::vector<field> list_;
};

/// A whole request, body included. The body is as sent, without its transfer coding.
struct request {
    std::string method;     ///< In capitals, e.g. "POST".
    std::string target;     ///< Origin form, still percent-encoded, e.g. "/addition?x=1"; or "*".
    int version_minor = 1;  ///< HTTP/1.0 or HTTP/1.1.
    fields headers;
    std::string body;
    bool keep_alive = true;       ///< Whether the client lets the connection carry another request.
    std::string peer{};           ///< The address that it came from, for logs.
    std::string caller{};         ///< Who sent it, where the server has checked that.
    std::string owner{};          ///< The credential that its idempotency keys belong to, if known.
    std::string public_host{};    ///< The client's Host field, where a trusted proxy tells.
    std::string public_scheme{};  ///< "http" or "https", likewise.
    /// Tells when the client goes before its answer; nullptr where the transport does not notice.
    std::shared_ptr<client_watch> client = nullptr;
};

/// A whole response, or one whose body is still made. Content-Length, Date and Connection are added
/// when it is written to a client; they do not belong in `headers`.
struct response {
    int status = 200;
    fields headers;
    pieced_text body;
    bool close = false;  ///< Close the connection after this response.
    /// Where there is one, the body comes from it, and `body` is empty.
    std::shared_ptr<body_stream> stream = nullptr;

    /// Leaves the head alone, and closes the stream.
    void drop_body() noexcept {
        body.clear();
        if (stream) std::exchange(stream, nullptr)->close();
    }
};

}  // namespace restful_functions::http
