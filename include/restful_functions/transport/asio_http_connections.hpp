/// All connections of one transport, and what they share.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/refusal.hpp>
#include <restful_functions/transport/asio_http_connection.hpp>
#include <restful_functions/transport/asio_http_driver.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>
#include <restful_functions/transport/body_budget.hpp>
#include <restful_functions/transport/channel.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/transport.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace restful_functions::transport::detail {

/// The owner of the connections. Calls `on_room` whenever one of them has ended.
template <service Service>
class connections {
 public:
    connections(asio::io_context& loop, Service& served, const http_options& options,
                std::function<void()> on_room)
        : loop_(loop),
          service_(served),
          options_(options),
          bodies_(options.max_incoming_bytes, options.limits.max_body_bytes),
          on_room_(std::move(on_room)),
          driver_(std::make_shared<driver<Service>>(loop, served)),
          buffer_(64 * 1024) {
        driver_->start();
    }

    connections(const connections&) = delete;
    connections& operator=(const connections&) = delete;
    ~connections() { count_closed(all_.size()); }

    /// Begins to serve a client; drops it if there is no memory for it. Once it is among the others
    /// it ends itself when something fails.
    void open(restful_functions::detail::unique_fd client) try {
        const auto opened =
            std::make_shared<connection<Service>>(*this, loop_.get_executor(), std::move(client));
        all_.insert(opened);
        if constexpr (counts_connections<Service>) service_.connection_opened();
        opened->start();
    } catch (const std::exception&) {
        // The client sees its connection end; the others do not notice.
    }

    /// What encrypts a client's bytes; nullptr: nothing does.
    [[nodiscard]] std::unique_ptr<secure_session> open_session(int socket) const {
        return options_.sessions ? options_.sessions->open(socket) : nullptr;
    }

    void forget(const std::shared_ptr<connection<Service>>& ended) {
        forget_unread(*ended);
        count_closed(all_.erase(ended));
        on_room_();
    }

    void serve(http::request&& request, reply answer) {
        driver_->handle(std::move(request), std::move(answer));
    }

    [[nodiscard]] bool admits(http::request&& head) { return driver_->admits(std::move(head)); }

    void refuse(http::request&& known, const http::refusal& why, reply answer) {
        driver_->refuse(std::move(known), why, std::move(answer));
    }

    /// Remembers a connection of whose client nothing more is read.
    void note_unread(connection<Service>& which) {
        if (!which.unread) which.unread = unread_.insert(unread_.end(), &which);
        if (is_full()) on_room_();
    }

    /// It is read of again, or has ended.
    void forget_unread(connection<Service>& which) noexcept {
        if (const auto noted = std::exchange(which.unread, std::nullopt)) unread_.erase(*noted);
    }

    /// Whether there is room for another connection, or a connection could go that waits for its
    /// answer while its client may have gone: the first of them of which nothing more was read.
    [[nodiscard]] bool make_room() {
        if (!is_full()) return true;
        const auto abandoned = std::find_if(unread_.begin(), unread_.end(), [](const auto* each) {
            return each->may_be_abandoned();
        });
        if (abandoned != unread_.end()) (*abandoned)->give_way();
        return !is_full();
    }

    /// If memory runs out, the next event of the service does it.
    void follow_deadline() noexcept try {
        driver_->follow_deadline();
    } catch (const std::exception&) {
    }

    /// From now on each connection ends with its next response.
    void drain() noexcept { is_draining_ = true; }

    [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }
    [[nodiscard]] bool is_full() const noexcept { return all_.size() >= options_.max_connections; }
    [[nodiscard]] bool is_quiet() const noexcept {
        return std::none_of(all_.begin(), all_.end(), [](const auto& c) { return c->busy(); });
    }
    [[nodiscard]] bool all_busy() const noexcept {
        return std::all_of(all_.begin(), all_.end(), [](const auto& c) { return c->busy(); });
    }

    void close_idle() {
        const std::vector<std::shared_ptr<connection<Service>>> now(all_.begin(), all_.end());
        for (const auto& each : now) each->close_if_idle();
    }

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] const http_options& options() const noexcept { return options_; }

    [[nodiscard]] body_budget& bodies() noexcept { return bodies_; }

    /// Where bytes are received. One for all: they are taken out of it before the next are read.
    [[nodiscard]] std::vector<char>& buffer() noexcept { return buffer_; }

 private:
    void count_closed(std::size_t count) noexcept {
        if constexpr (counts_connections<Service>) {
            while (count-- > 0) service_.connection_closed();
        }
    }

    asio::io_context& loop_;
    Service& service_;
    http_options options_;
    body_budget bodies_;
    std::function<void()> on_room_;
    std::shared_ptr<driver<Service>> driver_;
    std::vector<char> buffer_;
    std::list<connection<Service>*> unread_;  // each is in all_, too
    bool is_draining_ = false;
    std::unordered_set<std::shared_ptr<connection<Service>>> all_;
};

}  // namespace restful_functions::transport::detail
