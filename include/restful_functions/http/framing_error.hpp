/// What llhttp's errors mean to a client.
#pragma once

#include <restful_functions/http/refusal.hpp>

#include <llhttp.h>

namespace restful_functions::http::detail {

/// The refusal for an error that llhttp found. Its own sentences differ from version to version.
inline refusal refusal_of(llhttp_errno_t error) noexcept {
    switch (error) {
        case HPE_INVALID_METHOD:
        case HPE_INVALID_CONSTANT:
            return {501, "this server does not implement that method"};
        case HPE_INVALID_HEADER_TOKEN:
            return {400, "a header field is malformed"};
        case HPE_INVALID_CONTENT_LENGTH:
        case HPE_UNEXPECTED_CONTENT_LENGTH:
            return {400, "the Content-Length is not one number, or stands beside another framing"};
        case HPE_INVALID_TRANSFER_ENCODING:
            return {400, "the Transfer-Encoding is malformed"};
        case HPE_INVALID_CHUNK_SIZE:
            return {400, "the size of a chunk is malformed"};
        case HPE_STRICT:
        case HPE_CR_EXPECTED:
        case HPE_LF_EXPECTED:
            return {400, "a line of the message does not end in CRLF"};
        default:
            return {400, "the request is malformed"};
    }
}

}  // namespace restful_functions::http::detail
