/// packer: compresses a text piece by piece, with zlib or libzstd where the library is built with
/// them: RESTFUL_FUNCTIONS_ZLIB and RESTFUL_FUNCTIONS_ZSTD.
#pragma once

#include <restful_functions/http/accept_encoding.hpp>

#ifdef RESTFUL_FUNCTIONS_ZLIB
#include <zlib.h>
#endif
#ifdef RESTFUL_FUNCTIONS_ZSTD
#include <zstd.h>
#endif

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

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

/// Holds some 300 KB with gzip and 700 KB with zstd until the text is packed.
class packer {
 public:
    packer() = default;
    packer(const packer&) = delete;
    packer& operator=(const packer&) = delete;
    virtual ~packer() = default;

    /// What can be sent after these bytes of the text, perhaps nothing; all that is left with the
    /// last ones. Throws std::bad_alloc.
    [[nodiscard]] virtual std::string pack(std::string_view bytes, bool are_last) = 0;
};

namespace detail {

#ifdef RESTFUL_FUNCTIONS_ZLIB
class gzip_packer final : public packer {
 public:
    gzip_packer() {
        constexpr int with_gzip_header = 16 + MAX_WBITS;
        constexpr int usual_memory = 8;
        if (::deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, with_gzip_header, usual_memory,
                           Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    ~gzip_packer() override { ::deflateEnd(&stream_); }

    [[nodiscard]] std::string pack(std::string_view bytes, bool are_last) override {
        // zlib reads only; its interface is older than const.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        std::string packed;
        do {
            const std::size_t size = packed.size();
            packed.resize(size + ::deflateBound(&stream_, static_cast<uLong>(bytes.size())));
            stream_.next_out = reinterpret_cast<Bytef*>(packed.data() + size);
            stream_.avail_out = static_cast<uInt>(packed.size() - size);
            ::deflate(&stream_, are_last ? Z_FINISH : Z_NO_FLUSH);
            packed.resize(packed.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return packed;
    }

 private:
    z_stream stream_{};
};
#endif

#ifdef RESTFUL_FUNCTIONS_ZSTD
class zstd_packer final : public packer {
 public:
    explicit zstd_packer(std::optional<std::size_t> size) : context_(::ZSTD_createCCtx()) {
        if (!context_) throw std::bad_alloc();
        constexpr int window_of_128_KiB = 17;  // a quarter of the usual one
        ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 1);
        ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, window_of_128_KiB);
        if (size) ::ZSTD_CCtx_setPledgedSrcSize(context_.get(), *size);
        // It takes its memory with the first call, which would be one in the middle of an answer.
        static_cast<void>(pack({}, false));
    }

    [[nodiscard]] std::string pack(std::string_view bytes, bool are_last) override {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::string packed;
        std::size_t left = 0;
        do {
            const std::size_t size = packed.size();
            packed.resize(size + ::ZSTD_compressBound(bytes.size()));
            ZSTD_outBuffer out{packed.data() + size, packed.size() - size, 0};
            left = ::ZSTD_compressStream2(context_.get(), &out, &in,
                                          are_last ? ZSTD_e_end : ZSTD_e_continue);
            if (::ZSTD_isError(left) != 0) throw std::bad_alloc();  // its only reason here
            packed.resize(size + out.pos);
        } while (are_last ? left != 0 : in.pos < in.size);
        return packed;
    }

 private:
    struct deleter {
        void operator()(ZSTD_CCtx* context) const noexcept { ::ZSTD_freeCCtx(context); }
    };
    std::unique_ptr<ZSTD_CCtx, deleter> context_;
};
#endif

}  // namespace detail

/// Of one of the known codings; nullptr for another one. `size`: of the text, where it is known.
/// Throws std::bad_alloc.
[[nodiscard]] inline std::unique_ptr<packer> make_packer(
    content_coding coding, [[maybe_unused]] std::optional<std::size_t> size = std::nullopt) {
    switch (coding) {
        case content_coding::identity:
            break;
        case content_coding::gzip:
#ifdef RESTFUL_FUNCTIONS_ZLIB
            return std::make_unique<detail::gzip_packer>();
#else
            break;
#endif
        case content_coding::zstd:
#ifdef RESTFUL_FUNCTIONS_ZSTD
            return std::make_unique<detail::zstd_packer>(size);
#else
            break;
#endif
    }
    return nullptr;
}

}  // namespace restful_functions::http
