// What a scenario's gateways do, as any SNI router can be told: ports, names, and pools of
// addresses with weights. How each router spells it is peers.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/routing/listeners/listeners.h"
#include "lab/scenario/lab_file.h"

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
    int proxy_protocol = 0;  ///< version of the header that they get first; 0: none
    std::optional<std::chrono::milliseconds> idle;  ///< nothing: as the router usually has it
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
    std::optional<std::chrono::milliseconds> hello;  ///< how long a ClientHello may take
    std::optional<std::chrono::milliseconds> idle;
    bool accept_proxy = false;  ///< clients begin with a PROXY header
    bool operator==(const Gate&) const = default;
};

struct ProxyConfig {
    std::vector<Pool> pools;
    std::vector<Gate> gates;
    std::vector<std::string> notes;  ///< what could not be carried over, as sentences
    bool operator==(const ProxyConfig&) const = default;
};

/// Where a destination's pods are, with weights beside each other; empty: nobody knows.
using AddressBook = std::function<std::vector<Server>(const lookup::Target&)>;

/// Where a Gateway port is served. Every port of the listeners is in it.
using ListenAt = std::map<std::uint16_t, Endpoint>;

/// `lab` is what lab.yaml says about the gateways.
ProxyConfig proxy_config(const routing::Listeners& listeners, const AddressBook& addresses,
                         const ListenAt& listen, const scenario::LabFile& lab = {});

}  // namespace sni::exporting
