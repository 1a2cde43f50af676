/// proxies: the trusted proxies in front of the server, and the clients that they forward for.
#pragma once

#include <restful_functions/http/forwarded.hpp>
#include <restful_functions/http/message.hpp>
#include <restful_functions/http/network.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::api {

/// Replaces what the connection says of a request by what the proxies in front of the server say.
class proxies {
 public:
    /// Addresses, nets such as "10.0.0.0/8" or "fd00::/8", or "unix" for clients of the Unix
    /// socket. Throws std::invalid_argument for another text.
    explicit proxies(const std::vector<std::string>& trusted) {
        for (const std::string& each : trusted) {
            const auto net = http::network::parse(each);
            if (!net && each != unix_peer) {
                throw std::invalid_argument(
                    "trusted_proxies has \"" + each +
                    "\"; write an address such as \"10.0.0.7\", a net such as \"10.0.0.0/8\", or "
                    "\"unix\"");
            }
            if (net)
                nets_.push_back(*net);
            else
                trusts_unix_ = true;
        }
    }

    /// Where the request comes from a trusted proxy: makes its peer the nearest hop that is none,
    /// and its public host and scheme those that the client used. Where Forwarded and
    /// X-Forwarded-For name different peers, one of them is the client's own invention, and the
    /// proxy stays the peer.
    void look_behind(http::request& request) const {
        if (!trusts(request.peer)) return;
        const auto standard = http::forwarded_hops(request.headers);
        const auto usual = http::x_forwarded_hops(request.headers);
        const std::string by_standard = client_in(standard);
        const std::string by_usual = client_in(usual);
        if (by_standard.empty() || by_usual.empty() || by_standard == by_usual) {
            const std::string& client = by_usual.empty() ? by_standard : by_usual;
            if (!client.empty()) request.peer = client;
        }
        for (const auto* hops : {&usual, &standard}) {
            if (hops->empty()) continue;
            if (request.public_host.empty()) request.public_host = hops->front().host;
            if (request.public_scheme.empty()) request.public_scheme = hops->front().scheme;
        }
    }

 private:
    static constexpr std::string_view unix_peer = "unix";

    [[nodiscard]] bool trusts(std::string_view peer) const {
        if (peer == unix_peer) return trusts_unix_;
        if (nets_.empty()) return false;
        const auto address = http::ip_address::parse(peer);
        return address && contains(*address);
    }

    [[nodiscard]] bool contains(const http::ip_address& address) const {
        return std::any_of(nets_.begin(), nets_.end(),
                           [&](const http::network& net) { return net.contains(address); });
    }

    /// The nearest hop that is not a trusted proxy, or the farthest hop. Empty: no field has one.
    [[nodiscard]] std::string client_in(const std::vector<http::hop>& hops) const {
        std::string farthest;
        for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
            const auto address = http::address_of(hop->from);
            if (!address) return farthest;  // hidden: farther hops cannot be believed
            farthest = address->to_string();
            if (!contains(*address)) break;
        }
        return farthest;
    }

    std::vector<http::network> nets_;
    bool trusts_unix_ = false;
};

}  // namespace restful_functions::api
