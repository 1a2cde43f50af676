/// What of TLS a socket pair shows.
#ifdef RESTFUL_FUNCTIONS_TLS
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/transport/tls.hpp>

#include "../temporary_directory.hpp"

#include <doctest/doctest.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace transport = restful_functions::transport;

namespace {

using file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A key, and a certificate that it has signed itself.
restful_functions::tls_options self_signed(const temporary_directory& directory) {
    const restful_functions::tls_options made{.certificate_file = directory.file("certificate.pem"),
                                              .key_file = directory.file("key.pem")};
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0);
    const file certificate_file(std::fopen(made.certificate_file.c_str(), "w"), std::fclose);
    const file key_file(std::fopen(made.key_file.c_str(), "w"), std::fclose);
    REQUIRE(PEM_write_X509(certificate_file.get(), certificate.get()) == 1);
    REQUIRE(PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1);
    return made;
}

/// A session whose client trusts everybody.
struct tls_fixture {
    tls_fixture() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
                0);
        server_end.reset(ends[0]);
        client_end.reset(ends[1]);
        session = source.open(server_end.get());
        client.reset(::SSL_new(client_context.get()));
        ::SSL_set_fd(client.get(), client_end.get());
        while (::SSL_connect(client.get()) != 1)
            REQUIRE((session->receive(nullptr, 0) < 0 && errno == EAGAIN));
    }

    std::string received() {
        std::array<char, 16 * 1024> bytes;
        std::string all;
        for (int size; (size = ::SSL_read(client.get(), bytes.data(), bytes.size())) > 0;)
            all.append(bytes.data(), static_cast<std::size_t>(size));
        return all;
    }

    temporary_directory directory;
    transport::tls source{self_signed(directory)};
    transport::detail::tls_context client_context{::SSL_CTX_new(::TLS_client_method())};
    restful_functions::detail::unique_fd server_end;
    restful_functions::detail::unique_fd client_end;
    std::unique_ptr<transport::secure_session> session;
    std::unique_ptr<SSL, transport::detail::tls_deleter> client;
};

}  // namespace

TEST_SUITE_BEGIN("transport/tls");

TEST_CASE_FIXTURE(tls_fixture, "pieces that are short travel in one record") {
    const std::array<std::string_view, 4> pieces{"head ", "", "body", " end"};
    CHECK(session->send(pieces) == 13);
    CHECK(received() == "head body end");
}

TEST_CASE_FIXTURE(tls_fixture, "a long piece is encrypted one record at a time") {
    constexpr std::size_t record = 16 * 1024;
    const std::string large(60'000'000, 'x');
    const std::array<std::string_view, 2> pieces{"head ", large};
    CHECK(session->send(pieces) == record);
    const std::string_view rest = std::string_view(large).substr(record - 5);
    CHECK(session->send({&rest, 1}) == record);
    CHECK(received() == "head " + large.substr(0, 2 * record - 5));
}

TEST_CASE_FIXTURE(tls_fixture, "bytes that the socket did not take are sent later") {
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i);
    std::string got;
    for (std::size_t sent = 0; sent < text.size();) {
        const std::array<std::string_view, 2> pieces{std::string_view(text).substr(sent, 100),
                                                     std::string_view(text).substr(sent + 100)};
        const auto size = session->send(std::span(pieces).first(sent + 100 < text.size() ? 2 : 1));
        if (size < 0) {
            REQUIRE(errno == EAGAIN);
            got += received();
        } else {
            sent += static_cast<std::size_t>(size);
        }
    }
    CHECK(got + received() == text);
}

TEST_SUITE_END();
#endif
