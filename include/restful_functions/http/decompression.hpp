/// Bodies that a client has compressed: the Content-Encoding of a request (RFC 9110, 8.4), with
/// zlib and libzstd where the library is built with them.
#pragma once

#include <restful_functions/http/characters.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/preferences.hpp>
#include <restful_functions/http/problem.hpp>

#ifdef RESTFUL_FUNCTIONS_ZLIB
#include <zlib.h>
#endif
#ifdef RESTFUL_FUNCTIONS_ZSTD
#include <zstd.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::http {

/// The value of Accept-Encoding in a response: the codings of a request's body that are undone here
/// (RFC 7694).
inline constexpr std::string_view accepted_codings =
#if defined(RESTFUL_FUNCTIONS_ZLIB) && defined(RESTFUL_FUNCTIONS_ZSTD)
    "zstd, gzip, deflate";
#elif defined(RESTFUL_FUNCTIONS_ZLIB)
    "gzip, deflate";
#elif defined(RESTFUL_FUNCTIONS_ZSTD)
    "zstd";
#else
    "identity";
#endif

namespace detail {

/// How the unpacking of a body ended.
enum class unpacked : std::uint8_t { whole, malformed, too_large, unknown_coding };

/// A text that grows with what is unpacked, and not beyond `most` bytes.
class bounded_text {
 public:
    explicit bounded_text(std::size_t most) : most_(most) {}

    struct room {
        char* begin;
        std::size_t size;  ///< one byte at least: the one beyond `most` shows that there are more
    };
    [[nodiscard]] room more() {
        constexpr std::size_t least = std::size_t{64} * 1024;
        if (used_ == text_.size())
            text_.resize(std::min(std::max(least, 2 * text_.size()), most_ + 1));
        return {text_.data() + used_, text_.size() - used_};
    }
    void used(std::size_t bytes) noexcept { used_ += bytes; }

    [[nodiscard]] bool is_too_large() const noexcept { return used_ > most_; }

    [[nodiscard]] std::string take() && {
        text_.resize(used_);
        return std::move(text_);
    }

 private:
    std::size_t most_;
    std::size_t used_ = 0;
    std::string text_;
};

#ifdef RESTFUL_FUNCTIONS_ZLIB
struct inflating {
    z_stream stream{};
    explicit inflating(int window) {
        if (::inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
    }
    inflating(const inflating&) = delete;
    inflating& operator=(const inflating&) = delete;
    ~inflating() { ::inflateEnd(&stream); }
};

/// Members of gzip may follow one another (RFC 1952, 2.2); anything else may not follow.
[[nodiscard]] inline unpacked inflate(std::string_view packed, int window, bool has_members,
                                      bounded_text& out) {
    inflating state(window);
    z_stream& stream = state.stream;
    // zlib reads only; its interface is older than const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    std::size_t left = packed.size();
    for (;;) {
        const auto given = static_cast<uInt>(std::min<std::size_t>(left, 1U << 30));
        const auto [begin, size] = out.more();
        const auto room = static_cast<uInt>(std::min<std::size_t>(size, 1U << 30));
        stream.avail_in = given;
        stream.next_out = reinterpret_cast<Bytef*>(begin);
        stream.avail_out = room;
        const int status = ::inflate(&stream, Z_NO_FLUSH);
        left -= given - stream.avail_in;
        out.used(room - stream.avail_out);
        if (out.is_too_large()) return unpacked::too_large;
        if (status == Z_MEM_ERROR) throw std::bad_alloc();
        if (status == Z_STREAM_END) {
            if (left == 0) return unpacked::whole;
            if (!has_members || ::inflateReset(&stream) != Z_OK) return unpacked::malformed;
        } else if (status != Z_OK) {
            return unpacked::malformed;  // also Z_BUF_ERROR: it ends too early
        }
    }
}

/// `deflate` is zlib's format; some clients leave its head and its checksum out (RFC
/// 9110, 8.4.1.2).
[[nodiscard]] inline unpacked inflate_either(std::string_view packed, bounded_text& out) {
    const bounded_text empty = out;
    const unpacked how = inflate(packed, MAX_WBITS, false, out);
    if (how != unpacked::malformed) return how;
    out = empty;
    return inflate(packed, -MAX_WBITS, false, out);
}
#endif

#ifdef RESTFUL_FUNCTIONS_ZSTD
/// Frames may follow one another (RFC 8878, 3).
[[nodiscard]] inline unpacked unzstd(std::string_view packed, bounded_text& out) {
    // RFC 8878, 3.1.1.1.2, and RFC 9659: what every decoder of HTTP must support, and all that one
    // need hold in memory.
    constexpr int largest_window = 23;
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> state(::ZSTD_createDCtx(),
                                                                        &::ZSTD_freeDCtx);
    if (!state) throw std::bad_alloc();
    ::ZSTD_DCtx_setParameter(state.get(), ZSTD_d_windowLogMax, largest_window);
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    for (;;) {
        const auto [begin, size] = out.more();
        ZSTD_outBuffer to{begin, size, 0};
        const std::size_t was_at = in.pos;
        const std::size_t left = ::ZSTD_decompressStream(state.get(), &to, &in);
        out.used(to.pos);
        if (out.is_too_large()) return unpacked::too_large;
        if (::ZSTD_isError(left) != 0) return unpacked::malformed;
        if (left == 0 && in.pos == in.size) return unpacked::whole;
        if (in.pos == was_at && to.pos == 0) return unpacked::malformed;  // it ends too early
    }
}
#endif

[[nodiscard]] inline unpacked unpack([[maybe_unused]] std::string_view packed,
                                     std::string_view coding, [[maybe_unused]] bounded_text& out) {
    const auto is = [coding](std::string_view other) { return equal_ignoring_case(coding, other); };
#ifdef RESTFUL_FUNCTIONS_ZLIB
    constexpr int with_gzip_header = 16 + MAX_WBITS;
    if (is("gzip") || is("x-gzip")) return inflate(packed, with_gzip_header, true, out);
    if (is("deflate")) return inflate_either(packed, out);
#endif
#ifdef RESTFUL_FUNCTIONS_ZSTD
    if (is("zstd")) return unzstd(packed, out);
#endif
    static_cast<void>(is);
    return unpacked::unknown_coding;
}

/// The codings in the order in which they were applied, without `identity`.
[[nodiscard]] inline std::vector<std::string_view> codings_of(std::string_view field) {
    std::vector<std::string_view> codings;
    list_scanner elements(field);
    while (const auto element = elements.next(',')) {
        if (!element->empty() && !equal_ignoring_case(*element, "identity"))
            codings.push_back(*element);
    }
    return codings;
}

[[nodiscard]] inline response not_unpacked(std::string_view reason) {
    response refused = problem(415, reason);
    refused.headers.add("Accept-Encoding", std::string(accepted_codings));
    return refused;
}

}  // namespace detail

/// Undoes the Content-Encoding of a request, to at most `most` bytes. The response refuses it: 415
/// for a coding that is not known here, with those that are (RFC 9110, 15.5.16), or for more than
/// two; 413 for a body that would be larger; 400 for one that is not in the coding that it names.
/// A body of no bytes is one. Throws std::bad_alloc.
[[nodiscard]] inline std::optional<response> unpack_body(request& sent, std::size_t most) {
    const std::string* field = sent.headers.find("Content-Encoding");
    if (field == nullptr || sent.body.empty()) return std::nullopt;
    constexpr std::size_t most_codings = 2;
    auto codings = detail::codings_of(*field);
    if (codings.size() > most_codings)
        return detail::not_unpacked("the body was compressed more than twice; send it as it is");
    for (; !codings.empty(); codings.pop_back()) {
        detail::bounded_text text(most);
        const std::string coding(codings.back());
        switch (detail::unpack(sent.body, coding, text)) {
            case detail::unpacked::whole:
                sent.body = std::move(text).take();
                break;
            case detail::unpacked::malformed:
                return problem(400,
                               "the body is not in the coding that its Content-Encoding names (" +
                                   coding + "), or it is cut off or followed by other bytes");
            case detail::unpacked::too_large:
                return problem(413, "the body is larger than this server accepts: more than " +
                                        std::to_string(most) + " bytes when it is unpacked");
            case detail::unpacked::unknown_coding:
                return detail::not_unpacked("the server does not know the Content-Encoding " +
                                            coding + "; it takes " + std::string(accepted_codings));
        }
    }
    return std::nullopt;
}

}  // namespace restful_functions::http
