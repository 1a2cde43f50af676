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
    ~connections() { count_closed(size()); }

    /// Begins to serve a client, in the reserve where no other connection gives way; drops it if
    /// there is no memory for it. Once it is among the others it ends itself when something fails.
    void open(restful_functions::detail::unique_fd client) try {
        const bool is_reserved = !make_place();
        const auto opened = std::make_shared<connection<Service>>(*this, loop_.get_executor(),
                                                                  std::move(client), is_reserved);
        opened->position = those_of(*opened).add(opened);
        if constexpr (counts_connections<Service>) service_.connection_opened();
        opened->start();
    } catch (const std::exception&) {
        // The client sees its connection end; the others do not notice.
    }

    /// What encrypts a client's bytes; nullptr: nothing does.
    [[nodiscard]] std::unique_ptr<secure_session> open_session(int socket) const {
        return options_.sessions ? options_.sessions->open(socket) : nullptr;
    }

    /// Forgets one that has ended. A place that it leaves outside of the reserve goes to the
    /// connection whose request has been under way in the reserve for longest.
    void forget(connection<Service>& ended) {
        if (!drop(ended)) return;
        const auto next = has_place() ? reserved_.first(activity::engaged) : nullptr;
        if (next) take_out_of_reserve(*next);
        on_room_();
    }

    /// Notes what a connection is doing now.
    void note(const connection<Service>& which, activity now) noexcept {
        if (!which.position) return;
        those_of(which).note(*which.position, now);
        if (now == activity::abandoned && is_full()) on_room_();
    }

    /// Whether a connection leaves the reserve: there is a place outside, or another one gives way.
    [[nodiscard]] bool move_up(connection<Service>& which) {
        if (make_place() && which.is_reserved()) take_out_of_reserve(which);
        return !which.is_reserved();
    }

    void serve(http::request&& request, reply answer) {
        driver_->handle(std::move(request), std::move(answer));
    }

    [[nodiscard]] bool admits(http::request&& head) { return driver_->admits(std::move(head)); }

    [[nodiscard]] bool is_urgent(const http::request& head) { return driver_->is_urgent(head); }

    /// Whether a request is an operator's, and their half of the reserve has a place. The service
    /// is not asked where it has none.
    [[nodiscard]] bool has_place_for_operator(http::request&& head) {
        const std::size_t operators =
            reserved_.count_if([](const auto& each) { return each.is_operators(); });
        return operators < reserve_ / 2 && driver_->is_from_operator(std::move(head));
    }

    void refuse(http::request&& known, const http::refusal& why, reply answer) {
        driver_->refuse(std::move(known), why, std::move(answer));
    }

    /// Whether there is room for another connection, or one has given way: one in the reserve only
    /// where all others keep their places.
    [[nodiscard]] bool make_room() {
        return !is_full() || one_gives_way(regular_) || one_gives_way(reserved_);
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
    [[nodiscard]] bool is_full() const noexcept {
        return !has_place() && reserved_.size() >= reserve_;
    }
    [[nodiscard]] bool is_quiet() const noexcept {
        return !any_of([](const auto& each) { return each.busy(); });
    }
    [[nodiscard]] bool all_busy() const noexcept {
        return !any_of([](const auto& each) { return !each.busy(); });
    }

    void close_idle() {
        for (const auto* those : {&regular_, &reserved_})
            for (const auto& each : those->members()) each->close_if_idle();
    }

    [[nodiscard]] std::size_t size() const noexcept { return regular_.size() + reserved_.size(); }
    [[nodiscard]] const http_options& options() const noexcept { return options_; }

    [[nodiscard]] body_budget& bodies() noexcept { return bodies_; }

    /// Where bytes are received. One for all: they are taken out of it before the next are read.
    [[nodiscard]] std::vector<char>& buffer() noexcept { return buffer_; }

 private:
    using members = activity_lists<connection<Service>>;

    // How many connections are looked at to find one that gives way: clients that all send at once
    // do not hold up the loop.
    static constexpr int most_tries = 16;

    [[nodiscard]] members& those_of(const connection<Service>& which) noexcept {
        return which.is_reserved() ? reserved_ : regular_;
    }

    template <class Predicate>
    [[nodiscard]] bool any_of(Predicate holds) const {
        return regular_.any_of(holds) || reserved_.any_of(holds);
    }

    [[nodiscard]] bool has_place() const noexcept {
        return regular_.size() < options_.max_connections;
    }

    // Whether there is a place outside of the reserve, or one has given way. Handlers hear of its
    // end: where they end further connections, its place may go to one in the reserve.
    [[nodiscard]] bool make_place() {
        return has_place() || (one_gives_way(regular_) && has_place());
    }

    // Whether one has given way. Bytes that the loop has not read yet may be a whole request: a
    // client that has sent them is not silent.
    [[nodiscard]] bool one_gives_way(members& those) {
        for (int i = 0; i < most_tries; ++i) {
            const auto first = those.first_to_go(options_.spared_idle_time);
            if (!first) return false;
            if (first->has_unread()) {
                those.renew(*first->position);
                continue;
            }
            drop(*first);
            first->give_way();
            return true;
        }
        return false;
    }

    // Whether it was still among the others.
    bool drop(connection<Service>& ended) noexcept {
        const auto position = std::exchange(ended.position, std::nullopt);
        if (!position) return false;
        those_of(ended).remove(*position);
        count_closed(1);
        return true;
    }

    void take_out_of_reserve(connection<Service>& which) noexcept {
        regular_.take(reserved_, *which.position);
        which.leave_reserve();
    }

    void count_closed(std::size_t count) noexcept {
        if constexpr (counts_connections<Service>) {
            while (count-- > 0) service_.connection_closed();
        }
    }

    asio::io_context& loop_;
    Service& service_;
    http_options options_;
    std::size_t reserve_;  // connections that there may be above max_connections
    body_budget bodies_;
    std::function<void()> on_room_;
    std::shared_ptr<driver<Service>> driver_;
    std::vector<char> buffer_;
    bool is_draining_ = false;
    members regular_;
    members reserved_;
};

}  // namespace restful_functions::transport::detail
