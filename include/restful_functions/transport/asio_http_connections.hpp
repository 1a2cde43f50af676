/// All connections of one transport, and what they share.
#pragma once

#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/refusal.hpp>
#include <restful_functions/transport/activity.hpp>
#include <restful_functions/transport/asio_http_connection.hpp>
#include <restful_functions/transport/asio_http_driver.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>
#include <restful_functions/transport/body_budget.hpp>
#include <restful_functions/transport/channel.hpp>
#include <restful_functions/transport/http_options.hpp>
#include <restful_functions/transport/transport.hpp>

#include <asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
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
          reserve_(knows_urgency<Service> ? reserved_connections(options) : 0),
          bodies_(options.max_incoming_bytes, options.limits.max_body_bytes),
          on_room_(std::move(on_room)),
          driver_(std::make_shared<driver<Service>>(loop, served)),
          buffer_(64 * 1024) {
        driver_->start();
    }

    connections(const connections&) = delete;
    connections& operator=(const connections&) = delete;
    ~connections() { count_closed(all_.size()); }

    /// Begins to serve a client, in the reserve where no other connection gives way; drops it if
    /// there is no memory for it. Once it is among the others it ends itself when something fails.
    void open(restful_functions::detail::unique_fd client) try {
        const bool is_reserved = !make_place();
        const auto opened = std::make_shared<connection<Service>>(*this, loop_.get_executor(),
                                                                  std::move(client), is_reserved);
        opened->position = all_.add(opened);
        if (is_reserved) ++reserved_;
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
        const auto position = std::exchange(ended->position, std::nullopt);
        if (!position) return;
        all_.remove(*position);
        if (ended->is_reserved()) --reserved_;
        count_closed(1);
        on_room_();
    }

    /// Notes what a connection is doing now.
    void note(const connection<Service>& which, activity now) noexcept {
        if (which.position) all_.note(*which.position, now);
    }

    /// Whether one of the connections in the reserve gets a place outside of it.
    [[nodiscard]] bool move_up() {
        if (!make_place()) return false;
        --reserved_;
        return true;
    }

    void serve(http::request&& request, reply answer) {
        driver_->handle(std::move(request), std::move(answer));
    }

    [[nodiscard]] bool admits(http::request&& head) { return driver_->admits(std::move(head)); }

    [[nodiscard]] bool is_urgent(http::request&& head) {
        return driver_->is_urgent(std::move(head));
    }

    void refuse(http::request&& known, const http::refusal& why, reply answer) {
        driver_->refuse(std::move(known), why, std::move(answer));
    }

    /// Whether there is room for another connection, or one has given way.
    [[nodiscard]] bool make_room() {
        while (is_full() && one_gives_way()) {
        }
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
    /// Whether no other connection can be opened, not even in the reserve.
    [[nodiscard]] bool is_full() const noexcept { return !has_place() && reserved_ >= reserve_; }
    [[nodiscard]] bool is_quiet() const noexcept {
        return !all_.any_of([](const auto& each) { return each.busy(); });
    }
    [[nodiscard]] bool all_busy() const noexcept {
        return !all_.any_of([](const auto& each) { return !each.busy(); });
    }

    void close_idle() {
        for (const auto& each : all_.members()) each->close_if_idle();
    }

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] const http_options& options() const noexcept { return options_; }

    [[nodiscard]] body_budget& bodies() noexcept { return bodies_; }

    /// Where bytes are received. One for all: they are taken out of it before the next are read.
    [[nodiscard]] std::vector<char>& buffer() noexcept { return buffer_; }

 private:
    [[nodiscard]] bool has_place() const noexcept {
        return all_.size() - reserved_ < options_.max_connections;
    }

    /// Whether another connection can be opened outside of the reserve, or one has given way.
    [[nodiscard]] bool make_place() {
        while (!has_place() && one_gives_way()) {
        }
        return has_place();
    }

    [[nodiscard]] bool one_gives_way() {
        const auto first = all_.first_to_go(options_.spared_idle_time);
        if (first) first->give_way();
        return first != nullptr;
    }

    void count_closed(std::size_t count) noexcept {
        if constexpr (counts_connections<Service>) {
            while (count-- > 0) service_.connection_closed();
        }
    }

    asio::io_context& loop_;
    Service& service_;
    http_options options_;
    std::size_t reserve_;       // connections that there may be above max_connections
    std::size_t reserved_ = 0;  // those that there are
    body_budget bodies_;
    std::function<void()> on_room_;
    std::shared_ptr<driver<Service>> driver_;
    std::vector<char> buffer_;
    bool is_draining_ = false;
    activity_lists<connection<Service>> all_;
};

}  // namespace restful_functions::transport::detail
