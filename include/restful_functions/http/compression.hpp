/// compression: answers packed for clients that take it, large ones while they are sent.
#pragma once

#include <restful_functions/http/accept_encoding.hpp>
#include <restful_functions/http/body_stream.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/packer.hpp>
#include <restful_functions/http/pieced_text.hpp>
#include <restful_functions/http/writer.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace restful_functions::http {

namespace detail {

/// Shorter bodies fit a packet or two as they are.
inline constexpr std::size_t least_packed = 1400;
/// The bytes that are packed in one turn of the loop, which take it a millisecond or so.
inline constexpr std::size_t most_packed_at_once = std::size_t{64} * 1024;

/// JSON and text; images and the like are packed already. Of bodies that are made while they are
/// sent, those whose maker does not wait for anything.
[[nodiscard]] inline bool is_worth_packing(const response& answer) noexcept {
    const std::string* type = answer.headers.find("Content-Type");
    const bool is_long =
        answer.stream ? answer.stream->is_made_on_demand() : answer.body.size() >= least_packed;
    return type != nullptr && is_long && answer.status != 206 &&
           answer.headers.find("Content-Encoding") == nullptr &&
           (type->find("json") != type->npos || type->starts_with("text/"));
}

/// Packs a body as its client reads it.
class packed_body {
 public:
    /// Of the body of an answer. Holds the place as long as it is there.
    packed_body(const response& whole, content_coding coding, std::shared_ptr<void> place)
        : packer_(make_packer(coding)),
          place_(std::move(place)),
          text_(whole.body),
          source_(whole.stream) {}

    [[nodiscard]] std::string next() {
        if (packed_ == text_.size() && source_) {
            text_ = source_->take();
            packed_ = 0;
        }
        const auto bytes = text_.rest_of_piece(packed_).substr(0, most_packed_at_once);
        packed_ += bytes.size();
        is_over_ = packed_ == text_.size() && (!source_ || source_->is_done());
        return packer_->pack(bytes, is_over_);
    }

    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
    std::unique_ptr<packer> packer_;
    std::shared_ptr<void> place_;
    pieced_text text_;
    std::size_t packed_ = 0;               // bytes of it
    std::shared_ptr<body_stream> source_;  // of the text that follows, if any
    bool is_over_ = false;
};

}  // namespace detail

/// Packs the answers of a server. Of those that are packed while they are sent there are at most
/// `most_at_a_time`, for each holds up to a MiB; further ones are sent as they are.
class compression {
 public:
    static constexpr long most_at_a_time = 100;

    /// Packs the body where that is worth it, with the fields that say so. An answer to HEAD gets
    /// the fields alone. Where there is no memory to pack it, the body stays as it is.
    void pack(response& answer, content_coding coding, const exchange& with) const try {
        if (coding == content_coding::identity || !detail::is_worth_packing(answer)) return;
        answer.headers.add("Vary", "Accept-Encoding");
        const bool is_large = answer.stream || answer.body.size() > detail::most_packed_at_once;
        // Only the end of the connection would tell HTTP/1.0 the end of a body without a length.
        if (is_large && (with.version_minor == 0 || place_.use_count() > most_at_a_time)) return;

        std::string body;
        std::shared_ptr<body_stream> stream;
        if (is_large && with.is_head)
            stream = std::make_shared<body_stream>();  // never read
        else if (is_large)
            stream = made_on_demand(std::make_shared<detail::packed_body>(answer, coding, place_));
        else if (!with.is_head)
            body = make_packer(coding, answer.body.size())->pack(answer.body.text(), true);

        // The bytes are others now (RFC 9110, 8.8.1).
        if (const std::string* tag = answer.headers.find("ETag");
            tag != nullptr && !tag->starts_with("W/"))
            answer.headers.set("ETag", "W/" + *tag);
        answer.headers.set("Content-Encoding", std::string(to_string(coding)));
        answer.body = std::move(body);
        answer.stream = std::move(stream);
    } catch (const std::bad_alloc&) {
    }

 private:
    std::shared_ptr<void> place_ = std::make_shared<char>();  // held by what is being packed
};

}  // namespace restful_functions::http
