/// What a server needs for TLS.
#pragma once

#include <string>

namespace restful_functions {

/// The files are in PEM form. They are read when the server starts, and again at SIGHUP.
struct tls_options {
    std::string
        certificate_file;  ///< The server's certificate, and behind it those up to its root.
    std::string key_file;  ///< The private key of the former, without a passphrase.
    /// The roots of the certificates that clients may show. Empty: they are not asked for one.
    std::string client_ca_file = {};
    /// Whether a client without such a certificate is refused.
    bool requires_client_certificate = true;
};

}  // namespace restful_functions
