/// TLS for connections, with OpenSSL. Only where the library is built with it:
/// RESTFUL_FUNCTIONS_TLS.
#pragma once

#include <restful_functions/transport/channel.hpp>
#include <restful_functions/transport/tls_options.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::transport {

namespace detail {

struct tls_deleter {
    void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
    void operator()(SSL* session) const noexcept { ::SSL_free(session); }
    void operator()(BIO_METHOD* method) const noexcept { ::BIO_meth_free(method); }
};
using tls_context = std::unique_ptr<SSL_CTX, tls_deleter>;

/// OpenSSL's own way of writing to a socket raises SIGPIPE in the program that we are a part of.
class tls_bio {
 public:
    /// nullptr: there is no memory.
    static BIO* of(int socket) {
        static const std::unique_ptr<BIO_METHOD, tls_deleter> method(make_method());
        BIO* bio = method ? ::BIO_new(method.get()) : nullptr;
        if (bio == nullptr) return nullptr;
        ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
        ::BIO_set_init(bio, 1);
        return bio;
    }

 private:
    static int socket_of(BIO* bio) noexcept {
        return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio)));
    }

    static bool is_passing() noexcept { return errno == EAGAIN || errno == EINTR; }

    static BIO_METHOD* make_method() {
        BIO_METHOD* method = ::BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        if (method == nullptr) return nullptr;
        ::BIO_meth_set_read(method, [](BIO* bio, char* bytes, int size) {
            const ssize_t got =
                ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT);
            BIO_clear_retry_flags(bio);
            if (got < 0 && is_passing()) BIO_set_retry_read(bio);
            return static_cast<int>(got);
        });
        ::BIO_meth_set_write(method, [](BIO* bio, const char* bytes, int size) {
            const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size),
                                        MSG_DONTWAIT | MSG_NOSIGNAL);
            BIO_clear_retry_flags(bio);
            if (sent < 0 && is_passing()) BIO_set_retry_write(bio);
            return static_cast<int>(sent);
        });
        ::BIO_meth_set_ctrl(method, [](BIO*, int command, long, void*) {
            return command == BIO_CTRL_FLUSH ? 1L : 0L;
        });
        return method;
    }
};

/// The handshake happens within the first calls of receive().
class tls_session final : public secure_session {
 public:
    tls_session(SSL_CTX* context, int socket) : session_(::SSL_new(context)) {
        BIO* bio = session_ ? tls_bio::of(socket) : nullptr;
        if (bio == nullptr) throw std::bad_alloc();
        ::SSL_set_bio(session_.get(), bio, bio);
        ::SSL_set_accept_state(session_.get());
    }

    ssize_t receive(char* bytes, std::size_t size) override {
        ::ERR_clear_error();
        const int limit = static_cast<int>(std::min<std::size_t>(size, INT_MAX));
        return result_of(::SSL_read(session_.get(), bytes, limit));
    }

    /// One record at the most: OpenSSL's own buffer holds no more, however long a piece is.
    ssize_t send(std::span<const std::string_view> pieces) override {
        ::ERR_clear_error();
        // A short head travels in one record with what follows it.
        std::array<char, 16 * 1024> record;
        std::size_t size = 0;
        for (const std::string_view piece : pieces) {
            if (size == 0 && piece.size() >= record.size()) return write(piece);
            size += piece.copy(record.data() + size, record.size() - size);
        }
        return write({record.data(), size});
    }

    void end() noexcept override {
        ::ERR_clear_error();
        if (::SSL_is_init_finished(session_.get()) != 0) ::SSL_shutdown(session_.get());
    }

    [[nodiscard]] waits_for waiting() const noexcept override { return waiting_; }

 private:
    ssize_t write(std::string_view bytes) {
        const int limit = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
        return result_of(::SSL_write(session_.get(), bytes.data(), limit));
    }

    ssize_t result_of(int size) {
        if (size > 0) return size;
        switch (::SSL_get_error(session_.get(), size)) {
            case SSL_ERROR_ZERO_RETURN:
                return 0;
            case SSL_ERROR_WANT_READ:
                waiting_ = waits_for::reading;
                errno = EAGAIN;
                return -1;
            case SSL_ERROR_WANT_WRITE:
                waiting_ = waits_for::writing;
                errno = EAGAIN;
                return -1;
            default:
                errno = EPROTO;
                return -1;
        }
    }

    std::unique_ptr<SSL, tls_deleter> session_;
    waits_for waiting_ = waits_for::reading;
};

/// Throws with what OpenSSL says of the last failure, and what to do.
[[noreturn]] inline void throw_tls(const std::string& what, const std::string& advice) {
    const char* reason = ::ERR_reason_error_string(::ERR_get_error());
    throw std::runtime_error("TLS: " + what + ": " +
                             (reason == nullptr ? "unknown reason" : reason) + "; " + advice);
}

/// Of the protocols that the client offers, HTTP/1.1 (RFC 7301).
inline int select_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                           const unsigned char* offered, unsigned int offered_size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    // The out parameter is not const, but what it points to is only read.
    const int found = ::SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, ours,
                                              sizeof ours - 1, offered, offered_size);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// TLS 1.2 and 1.3, forward secrecy, authenticated encryption (RFC 9325, 4.2).
inline tls_context make_tls_context(const tls_options& options) {
    tls_context context(::SSL_CTX_new(::TLS_server_method()));
    SSL_CTX* const made = context.get();
    if (made == nullptr) throw std::bad_alloc();
    ::ERR_clear_error();
    ::SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
    ::SSL_CTX_set_cipher_list(made, "ECDHE+AESGCM:ECDHE+CHACHA20");
    ::SSL_CTX_set_options(
        made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    ::SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_session_id_context(
        made, reinterpret_cast<const unsigned char*>("restful-functions"), 17);
    ::SSL_CTX_set_alpn_select_cb(made, select_protocol, nullptr);
    if (::SSL_CTX_use_certificate_chain_file(made, options.certificate_file.c_str()) != 1) {
        throw_tls("the certificate file \"" + options.certificate_file + "\" cannot be used",
                  "give the server's certificate in PEM form");
    }
    // Nobody can type a passphrase here.
    ::SSL_CTX_set_default_passwd_cb(made, [](char*, int, int, void*) { return 0; });
    if (::SSL_CTX_use_PrivateKey_file(made, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        throw_tls("the key file \"" + options.key_file + "\" cannot be used",
                  "give the private key of the certificate in PEM form, without a passphrase");
    }
    if (options.client_ca_file.empty()) return context;
    auto* const names = ::SSL_load_client_CA_file(options.client_ca_file.c_str());
    ::SSL_CTX_set_client_CA_list(made, names);  // the context owns them from here on
    if (names == nullptr ||
        ::SSL_CTX_load_verify_locations(made, options.client_ca_file.c_str(), nullptr) != 1) {
        throw_tls(
            "the file of client authorities \"" + options.client_ca_file + "\" cannot be used",
            "give their certificates in PEM form");
    }
    ::SSL_CTX_set_verify(
        made,
        SSL_VERIFY_PEER |
            (options.requires_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        nullptr);
    return context;
}

}  // namespace detail

/// Certificate and key from files. Make it after the fork server was forked: what is in memory then
/// is in every process of a call.
class tls final : public session_source {
 public:
    /// Throws std::runtime_error that names the file when one is unfit.
    explicit tls(tls_options options)
        : options_(std::move(options)), context_(detail::make_tls_context(options_)) {}

    [[nodiscard]] std::unique_ptr<secure_session> open(int socket) override {
        return std::make_unique<detail::tls_session>(context_.get(), socket);
    }

    void reload() override { context_ = detail::make_tls_context(options_); }

 private:
    tls_options options_;
    detail::tls_context context_;
};

}  // namespace restful_functions::transport
