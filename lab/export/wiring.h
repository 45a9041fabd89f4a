// What a scenario's gateways do, as any SNI router can be told: ports, names, and pools of
// addresses with weights. How each router spells it is peers.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/manifest/listeners.h"

namespace sni::exporting {

struct Server {
    Endpoint address;
    std::uint32_t weight = 1;
    bool operator==(const Server&) const = default;
};

/// Addresses that share connections by weight. `name` is one word of letters, digits, '-' and '.'.
struct Pool {
    std::string name;
    std::vector<Server> servers;
    bool operator==(const Pool&) const = default;
};

/// `name` is a host in lower case, *.suffix or *. Without a pool its connections are closed, which
/// must be said where a wider name would take them.
struct Route {
    std::string name;
    std::optional<std::size_t> pool;
    bool operator==(const Route&) const = default;
};

/// One port of the gateways. Exact names come first, then wildcards from the longest, then "*":
/// right for a router that takes the first that fits.
struct Gate {
    std::uint16_t port = 443;  ///< as the Gateway writes it
    Endpoint listen;
    std::vector<Route> routes;
    bool operator==(const Gate&) const = default;
};

struct Wiring {
    std::vector<Pool> pools;
    std::vector<Gate> gates;
    std::vector<std::string> notes;  ///< what could not be carried over, as sentences
    bool operator==(const Wiring&) const = default;
};

/// Where a destination's pods are; empty: nobody knows.
using AddressBook = std::function<std::vector<Endpoint>(const manifest::Target&)>;

/// Where a Gateway port is served; a port that is not in it is served at 127.0.0.1, 9000 higher
/// when it is below 1024, so that a running lab can stay beside it; at the next port when another
/// one is there already.
using ListenAt = std::map<std::uint16_t, Endpoint>;
Endpoint default_listen(std::uint16_t gateway_port);

Wiring wire(const manifest::Listeners& listeners, const AddressBook& addresses,
            const ListenAt& listen = {});

}  // namespace sni::exporting
