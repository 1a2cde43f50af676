/// One client's connection: reads requests, hands them to the service one at a time, writes the
/// responses in their order.
#pragma once

#include <restful_functions/detail/after.hpp>
#include <restful_functions/detail/unique_fd.hpp>
#include <restful_functions/http/client_watch.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/parser.hpp>
#include <restful_functions/http/refusal.hpp>
#include <restful_functions/http/writer.hpp>
#include <restful_functions/transport/asio_http_deadline.hpp>
#include <restful_functions/transport/asio_http_loop.hpp>
#include <restful_functions/transport/asio_http_rtti.hpp>
#include <restful_functions/transport/backlog.hpp>
#include <restful_functions/transport/body_budget.hpp>
#include <restful_functions/transport/channel.hpp>
#include <restful_functions/transport/outgoing.hpp>
#include <restful_functions/transport/peer.hpp>
#include <restful_functions/transport/transport.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace restful_functions::transport::detail {

template <service Service>
class connections;

/// Asio only tells when the socket is ready; reading and writing are the system's own calls, which
/// never block. So an idle connection holds no buffer, and most responses are sent without a trip
/// through the loop.
///
/// Its owner is the set of connections; the loop and the service hold it weakly, and a reply that
/// comes after the client has gone finds no one.
template <service Service>
class connection : public std::enable_shared_from_this<connection<Service>> {
 public:
    connection(connections<Service>& all, const loop_executor& loop,
               restful_functions::detail::unique_fd client)
        : all_(all),
          socket_(loop, client.get()),
          deadline_(loop),
          parser_(all.options().limits),
          channel_(client.get(), all.open_session(client.get())),
          peer_(peer_of(client.get())),
          body_(all.bodies()) {
        static_cast<void>(client.release());  // the socket has taken it
    }

    /// Begins. To be called once.
    void start() {
        attempt([this] { advance({}); });
    }

    /// Whether a request waits for its response, or the response for its client.
    [[nodiscard]] bool busy() const noexcept {
        return stage_ == stage::awaiting || stage_ == stage::writing || stage_ == stage::yielding;
    }

    /// Whether it waits for the service, while its client may have gone: nothing more is read of
    /// it.
    [[nodiscard]] bool may_be_abandoned() const noexcept {
        return stage_ == stage::awaiting && (ended_ || backlog_.full());
    }

    /// Ends for the sake of another one.
    void give_way() noexcept {
        attempt([this] { close(); });
    }

    /// Where it stands among those that may be abandoned, if it does.
    using place = typename std::list<connection*>::iterator;
    std::optional<place> unread;

    /// Ends, unless it is busy.
    void close_if_idle() {
        if (!busy() && stage_ != stage::closed) give_way();
    }

    /// What the client was given time for did not happen.
    void on_deadline() {
        attempt([this] {
            if (stage_ != stage::reading || parser_.idle()) return close();
            if (parser_.in_body() && is_body_fast_enough()) return time_body();
            refuse({408, "the request did not come in time"});
        });
    }

 private:
    using clock = std::chrono::steady_clock;

    enum class stage {
        reading,    ///< A request is to come, or is coming.
        awaiting,   ///< The service has the request.
        writing,    ///< The response is being sent.
        yielding,   ///< More has come behind an answered request; other clients have their turn.
        lingering,  ///< All is said: closing now could destroy what the client has not read yet.
        closed
    };

    // An exception, be it a lack of memory or the service's, ends this connection and no other.
    template <class Step>
    void attempt(Step step) noexcept try {
        step();
    } catch (const std::exception&) {
        close();
    }

    template <void (connection::*then)()>
    void wait_for(loop_descriptor::wait_type readiness) {
        socket_.async_wait(readiness,
                           [weak = this->weak_from_this()](const std::error_code& failed) {
                               const auto self = weak.lock();
                               if (self && !failed) self->attempt([&] { ((*self).*then)(); });
                           });
    }

    // For what a receive() or send() that has just failed is to be tried again.
    [[nodiscard]] loop_descriptor::wait_type readiness(bool received) const noexcept {
        return channel_.waits_for_reading(received) ? loop_descriptor::wait_read
                                                    : loop_descriptor::wait_write;
    }

    // Also while a request is being served: that is how a client's reset is noticed.
    void read_on(loop_descriptor::wait_type readiness = loop_descriptor::wait_read) {
        if (is_reading_ || ended_ || stage_ == stage::closed) return;
        if (backlog_.full()) return await_departure();
        all_.forget_unread(*this);
        is_reading_ = true;
        wait_for<&connection::on_readable>(readiness);
    }

    void on_readable() {
        is_reading_ = false;
        auto& buffer = all_.buffer();
        const auto size = channel_.receive(buffer.data(), buffer.size());
        if (size < 0) return errno == EAGAIN || errno == EINTR ? read_on(readiness(true)) : close();
        ended_ = size == 0;
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        switch (stage_) {
            case stage::reading:
                return advance(bytes);
            case stage::awaiting:
            case stage::writing:
            case stage::yielding:
                backlog_.append(bytes);
                if (ended_) tell_departure();
                // Who waits for a body without an end, and sends no more, has most likely gone.
                return ended_ && is_starved_ ? close() : read_on();
            case stage::lingering:
                return ended_ ? close() : linger_on();
            case stage::closed:
                return;
        }
    }

    // These bytes have come.
    void advance(std::string_view bytes) {
        bytes.remove_prefix(take(bytes));
        if (stage_ == stage::reading || busy()) backlog_.append(bytes);
        settle();
    }

    // It is the turn of the bytes that have come before.
    void go_on() {
        stage_ = stage::reading;
        backlog_.drop(take(backlog_.view()));
        settle();
    }

    // Serves the next request in these bytes; returns how many of them are done with. A service may
    // reply at once.
    std::size_t take(std::string_view bytes) {
        is_advancing_ = true;
        const std::size_t taken = parser_.feed(bytes);
        if (parser_.refused())
            refuse(parser_.refused());
        else if (parser_.complete())
            serve(parser_.take());
        else if (parser_.in_body() && !std::exchange(is_judged_, true) &&
                 !all_.admits(known_head()))
            turn_away();
        else if (!body_.grow_to(parser_.partial().body.size()))
            refuse({503, "the server has no room for another large body now; try again later"});
        is_advancing_ = false;
        return taken;
    }

    // Whoever sends many requests in one go has them served in turn with other clients.
    void settle() {
        if (stage_ == stage::reading && !backlog_.empty()) yield();
        if (stage_ == stage::reading) return await_more();
        read_on();
    }

    void yield() {
        stage_ = stage::yielding;
        asio::post(socket_.get_executor(), [weak = this->weak_from_this()] {
            const auto self = weak.lock();
            if (self && self->stage_ == stage::yielding) self->attempt([&] { self->go_on(); });
        });
    }

    void await_more() {
        if (ended_) return close();
        if (parser_.take_continue() && !channel_.send_at_once(http::continue_response))
            return close();
        if (parser_.idle()) {
            deadline_.set(this->weak_from_this(), all_.options().idle_timeout);
        } else if (parser_.in_body()) {
            if (!std::exchange(body_is_timed_, true)) time_body();
        } else if (!std::exchange(head_is_timed_, true)) {
            deadline_.set(this->weak_from_this(), all_.options().header_timeout);
        }
        read_on();
    }

    // The period over which the rate of a body is measured.
    [[nodiscard]] std::chrono::milliseconds body_period() const noexcept {
        return std::min(all_.options().idle_timeout,
                        std::chrono::milliseconds(std::chrono::seconds(30)));
    }

    void time_body() {
        timed_bytes_ = parser_.partial().body.size();
        deadline_.set(this->weak_from_this(), body_period());
    }

    [[nodiscard]] bool is_body_fast_enough() const noexcept {
        const auto period = static_cast<std::size_t>(body_period().count());
        const std::size_t wanted = all_.options().min_body_rate * period / 1000;
        return parser_.partial().body.size() - timed_bytes_ >= std::max(wanted, std::size_t{1});
    }

    [[nodiscard]] http::request known_head() const {
        const http::request& partial = parser_.partial();
        http::request head;
        head.method = partial.method;
        head.target = partial.target;
        head.version_minor = partial.version_minor;
        head.headers = partial.headers;
        head.peer = peer_;
        return head;
    }

    // The service answers this request by its head. The connection ends without the body.
    void turn_away() {
        http::request head = parser_.take_refused();
        std::string().swap(head.body);
        head.keep_alive = false;
        serve(std::move(head));
    }

    void serve(http::request&& request) {
        exchange_ = http::exchange(request);
        request.peer = peer_;
        stage_ = stage::awaiting;
        head_is_timed_ = false;
        body_is_timed_ = false;
        is_judged_ = false;
        deadline_.clear();
        body_.give_back();
        if (!watch_) watch_ = std::make_shared<http::client_watch>();
        request.client = watch_;
        all_.serve(std::move(request), next_reply());
        if (ended_) tell_departure();
    }

    reply next_reply() {
        return [weak = this->weak_from_this(), which = ++served_](http::response&& answer) {
            if (const auto self = weak.lock(); self && self->served_ == which)
                self->attempt([&] { self->answer(std::move(answer)); });
        };
    }

    // A client that half-closes (shutdown(2)) looks like one that has gone: its end of the stream
    // is all that comes of either. A handler that does not ask is not concerned, and answers.
    void tell_departure() {
        if (stage_ == stage::closed) return;
        if (watch_ && watch_->leave()) all_.follow_deadline();
        await_departure();
    }

    // Nothing more is read of the client; a reset is noticed all the same.
    void await_departure() {
        if (!busy()) return;
        all_.note_unread(*this);
        if (!std::exchange(is_watched_, true))
            wait_for<&connection::on_broken>(loop_descriptor::wait_error);
    }

    // Reading notices, where something is read; and what lingers is read.
    void on_broken() {
        is_watched_ = false;
        if (busy()) close();
    }

    void refuse(const http::refusal& why) {
        http::request known = parser_.take_refused();
        known.peer = peer_;
        exchange_ = {};
        exchange_.is_head = known.method == "HEAD";
        body_.give_back();
        stage_ = stage::awaiting;
        all_.refuse(std::move(known), why, next_reply());
    }

    void answer(http::response&& given) {
        if (stage_ != stage::awaiting) return;
        if (watch_) watch_->answered();
        given.close |= all_.is_draining();
        // Through the loop: whoever makes a body is in the middle of something.
        outgoing_.begin(std::move(given), exchange_, [weak = this->weak_from_this()] {
            if (const auto self = weak.lock(); self && std::exchange(self->is_starved_, false))
                self->write_soon();
        });
        stage_ = stage::writing;
        write_on();
    }

    void write_soon() {
        asio::post(socket_.get_executor(), [weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) self->attempt([&] { self->write_on(); });
        });
    }

    void write_on() {
        if (stage_ != stage::writing) return;
        switch (outgoing_.send_to(channel_)) {
            case sending::blocked:
                deadline_.set(this->weak_from_this(), all_.options().idle_timeout);
                return wait_for<&connection::write_on>(readiness(false));
            case sending::starved:
                if (ended_) return close();
                is_starved_ = true;
                return deadline_.clear();
            case sending::yielding:
                deadline_.clear();
                return write_soon();
            case sending::failed:
                return close();
            case sending::done:
                break;
        }
        const bool is_last = outgoing_.is_last();
        outgoing_.drop();
        if (watch_) watch_->end();
        if (is_last) return linger();
        if (is_advancing_)
            stage_ = stage::reading;
        else
            go_on();
    }

    // A reset would overtake the response if bytes of the client were left unread (RFC 9112, 9.6).
    void linger() {
        if (ended_) return close();
        channel_.end();
        stage_ = stage::lingering;
        backlog_.clear();
        lingers_until_ = restful_functions::detail::after(clock::now(), all_.options().linger_time);
        linger_on();
    }

    void linger_on() {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(lingers_until_ - clock::now());
        if (left.count() <= 0) return close();
        deadline_.set(this->weak_from_this(), std::min(left, all_.options().linger_silence));
        read_on();
    }

    void close() {
        stage_ = stage::closed;
        if (watch_ && watch_->close()) all_.follow_deadline();
        outgoing_.drop();
        std::error_code ignored;
        socket_.close(ignored);
        deadline_.clear();
        all_.forget(this->shared_from_this());
    }

    connections<Service>& all_;
    loop_descriptor socket_;
    lazy_deadline deadline_;
    http::parser parser_;
    channel channel_;
    std::string peer_;
    body_budget::share body_;
    std::size_t served_ = 0;  // requests: a response is that of the last one, or comes too late
    stage stage_ = stage::reading;
    bool is_reading_ = false;  // a wait for the client's next bytes is in the loop
    bool is_advancing_ = false;
    bool head_is_timed_ = false;
    bool body_is_timed_ = false;
    bool is_judged_ = false;       // the head of a request whose body comes behind it
    std::size_t timed_bytes_ = 0;  // of the body, when its time began to run
    bool is_watched_ = false;      // a wait for a reset is in the loop
    bool ended_ = false;           // the client sends nothing more; it may still read
    backlog backlog_;              // came while a request was being served, or behind one
    http::exchange exchange_;
    outgoing outgoing_;
    bool is_starved_ = false;  // all that there is of a body is sent, and there will be more
    std::shared_ptr<http::client_watch> watch_;  // of the request that is served
    clock::time_point lingers_until_{};
};

}  // namespace restful_functions::transport::detail
