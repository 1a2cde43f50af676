/// Compressed bodies, with zlib and libzstd where the library is built with them:
/// RESTFUL_FUNCTIONS_ZLIB and RESTFUL_FUNCTIONS_ZSTD.
#pragma once

#include <restful_functions/http/accept_encoding.hpp>
#include <restful_functions/http/message.hpp>

#ifdef RESTFUL_FUNCTIONS_ZLIB
#include <zlib.h>
#endif
#ifdef RESTFUL_FUNCTIONS_ZSTD
#include <zstd.h>
#endif

#include <cstddef>
#include <initializer_list>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::http {

/// What can be made here, the better one first.
inline constexpr std::initializer_list<content_coding> known_codings = {
#ifdef RESTFUL_FUNCTIONS_ZSTD
    content_coding::zstd,
#endif
#ifdef RESTFUL_FUNCTIONS_ZLIB
    content_coding::gzip,
#endif
};

namespace detail {

/// Shorter bodies fit a packet or two as they are; longer ones would hold up the other clients for
/// more than some ten milliseconds.
inline constexpr std::size_t least_compressed = 1400;
inline constexpr std::size_t most_compressed = std::size_t{2} * 1024 * 1024;

#ifdef RESTFUL_FUNCTIONS_ZLIB
/// nullopt: there is no memory.
[[nodiscard]] inline std::optional<std::string> gzip(std::string_view bytes) {
    constexpr int with_gzip_header = 16 + MAX_WBITS;
    constexpr int usual_memory = 8;
    z_stream stream{};
    if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, with_gzip_header, usual_memory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
        return std::nullopt;
    }
    std::string packed(::deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
    // zlib reads only; its interface is older than const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int status = ::deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    ::deflateEnd(&stream);
    return status == Z_STREAM_END ? std::optional(std::move(packed)) : std::nullopt;
}
#endif

#ifdef RESTFUL_FUNCTIONS_ZSTD
/// nullopt: there is no memory.
[[nodiscard]] inline std::optional<std::string> zstd(std::string_view bytes) {
    std::string packed(::ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ::ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1);
    if (::ZSTD_isError(size) != 0) return std::nullopt;
    packed.resize(size);
    return packed;
}
#endif

[[nodiscard]] inline std::optional<std::string> packed([[maybe_unused]] std::string_view bytes,
                                                       content_coding coding) try {
    switch (coding) {
        case content_coding::identity:
            break;
        case content_coding::gzip:
#ifdef RESTFUL_FUNCTIONS_ZLIB
            return gzip(bytes);
#else
            break;
#endif
        case content_coding::zstd:
#ifdef RESTFUL_FUNCTIONS_ZSTD
            return zstd(bytes);
#else
            break;
#endif
    }
    return std::nullopt;
} catch (const std::bad_alloc&) {
    return std::nullopt;
}

/// JSON and text; images and the like are packed already.
[[nodiscard]] inline bool is_worth_packing(const response& answer) noexcept {
    const std::string* type = answer.headers.find("Content-Type");
    return type != nullptr && answer.status != 206 && !answer.stream &&
           answer.body.size() >= least_compressed && answer.body.size() <= most_compressed &&
           answer.headers.find("Content-Encoding") == nullptr &&
           (type->find("json") != type->npos || type->starts_with("text/"));
}

}  // namespace detail

/// Packs the body where that is worth it, with the fields that say so.
inline void compress(response& answer, content_coding coding) {
    if (!detail::is_worth_packing(answer)) return;
    answer.headers.add("Vary", "Accept-Encoding");
    auto packed = detail::packed(answer.body, coding);
    if (!packed || packed->size() >= answer.body.size()) return;
    answer.body = *std::move(packed);
    answer.headers.set("Content-Encoding", std::string(to_string(coding)));
    // The bytes are others now (RFC 9110, 8.8.1).
    if (const std::string* tag = answer.headers.find("ETag");
        tag != nullptr && !tag->starts_with("W/"))
        answer.headers.set("ETag", "W/" + *tag);
}

}  // namespace restful_functions::http
