/// Where JSON text goes: an append-only sink that RapidJSON can write to without a virtual call per
/// byte.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace restful_functions::json {

/// An append-only sink of text over a piece of memory; what to do when that is full is the derived
/// class's.
///
/// It is an output stream in RapidJSON's sense (`Ch`, `Put`, `Flush`).
class output {
 public:
    using Ch = char;

    output(const output&) = delete;
    output& operator=(const output&) = delete;

    /// Appends one byte.
    void Put(char byte) {
        if (cursor_ == end_) make_room();
        *cursor_++ = byte;
    }

    /// Appends `text`, in one piece when there is room for it.
    void write(std::string_view text) {
        if (text.size() > static_cast<std::size_t>(end_ - cursor_)) return write_beyond(text);
        if (!text.empty()) std::memcpy(cursor_, text.data(), text.size());
        cursor_ += text.size();
    }

    void Flush() {}

    /// Writes what is no JSON: bytes behind the name of their media type, and behind that and a NUL
    /// the name of their file, if they have one.
    void write_bytes(std::string_view media_type, std::string_view bytes,
                     std::string_view file_name = {}) {
        write(media_type);
        media_type_size_ = media_type.size();
        if (!file_name.empty()) {
            Put('\0');
            write(file_name);
            media_type_size_ += 1 + file_name.size();
        }
        write(bytes);
    }

    /// How much of what was written, at its beginning, says of which type the rest is, and how its
    /// file is called; 0: it is JSON.
    [[nodiscard]] std::size_t media_type_size() const noexcept { return media_type_size_; }

 protected:
    output(char* begin, std::size_t capacity) noexcept : cursor_(begin), end_(begin + capacity) {}
    ~output() = default;

    /// Called when the memory is full: leaves room for one byte at least.
    virtual void make_room() = 0;
    /// Appends a `text` that the rest of the memory cannot take.
    virtual void write_beyond(std::string_view text) = 0;

    char* cursor_;
    char* end_;

 private:
    std::size_t media_type_size_ = 0;
};

/// Writes into memory of a fixed size that it does not own, and never past its end.
class bounded_output final : public output {
 public:
    bounded_output(char* begin, std::size_t capacity) noexcept
        : output(begin, capacity), begin_(begin), capacity_(capacity) {}

    /// Whether more was written than fits; the bytes beyond are lost.
    bool overflow() const noexcept { return overflow_; }

    /// What was written, cut at the capacity.
    std::string_view text() const noexcept {
        return {begin_, overflow_ ? capacity_ : static_cast<std::size_t>(cursor_ - begin_)};
    }

 private:
    void make_room() override {
        overflow_ = true;
        cursor_ = discarded_.data();
        end_ = discarded_.data() + discarded_.size();
    }

    void write_beyond(std::string_view text) override {
        if (!overflow_) std::memcpy(cursor_, text.data(), static_cast<std::size_t>(end_ - cursor_));
        make_room();
    }

    char* begin_;
    std::size_t capacity_;
    bool overflow_ = false;
    std::array<char, 64> discarded_{};
};

/// Writes into a string of its own, which grows.
class string_output final : public output {
 public:
    string_output() noexcept : output(nullptr, 0) {}

    /// What was written so far, until the next write.
    std::string_view text() const noexcept { return {text_.data(), size()}; }

    /// Gives the text away.
    std::string take() && {
        text_.resize(size());
        return std::move(text_);
    }

 private:
    std::size_t size() const noexcept {
        return cursor_ == nullptr ? 0 : static_cast<std::size_t>(cursor_ - text_.data());
    }

    void grow_to(std::size_t capacity) {
        const std::size_t used = size();
        text_.resize(std::max(capacity, 2 * text_.size()));
        cursor_ = text_.data() + used;
        end_ = text_.data() + text_.size();
    }

    void make_room() override { grow_to(64); }

    void write_beyond(std::string_view text) override {
        grow_to(size() + text.size());
        write(text);
    }

    std::string text_;
};

}  // namespace restful_functions::json
