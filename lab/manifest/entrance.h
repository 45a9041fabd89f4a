// Where TLS goes by its name, as the objects of other gateways say it: an Ingress of nginx's or
// HAProxy's, and the kinds of Traefik, Contour, OpenShift and Kong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/manifest/meta.h"

namespace sni::manifest {

struct EntranceBackend {
    Text service;
    Text ns;
    Text port;               ///< of the Service, by number or name; empty: its only one
    bool of_target = false;  ///< the port is the one in the pod, or a port's name
    std::int64_t weight = 1;
    /// Version of the PROXY header that the gateway writes in front of the bytes; 0: it writes
    /// none.
    int proxy_header = 0;
    bool operator==(const EntranceBackend&) const = default;
};

struct EntranceRule {
    enum class Ends {
        backend,  ///< bytes are copied
        gateway,  ///< TLS ends there, whatever comes then
        raw,      ///< bytes are copied, TLS or not
    };
    Ends ends = Ends::backend;
    std::uint16_t port = 443;  ///< where clients come
    std::vector<Text> hosts;   ///< "*" is everything; none: what it takes is not looked at
    std::vector<EntranceBackend> backends;
    Spot at;
    std::string refused = {};   ///< why the gateway takes none of its hosts; empty: it takes them
    std::int64_t priority = 0;  ///< of Traefik's: the higher one is asked first
    bool operator==(const EntranceRule&) const = default;
};

/// Of rules that claim one name, those that the gateway takes.
enum class Contest {
    older,     ///< the one of the older object
    nobody,    ///< none of them, as Contour does
    priority,  ///< that of the highest priority, whatever names others have, as Traefik does
};

/// What an object says and nobody looks at.
struct EntranceAside {
    enum class Touches {
        treatment,  ///< what becomes of the names of its rules
        port,       ///< at which port its rules are
        names,      ///< which names it takes: it may be any
    };
    std::string what;
    Spot at;
    Touches touches = Touches::treatment;
    bool operator==(const EntranceAside&) const = default;
};

/// One object. It has at least one rule, or something that is not looked at, or takes a name that
/// others want.
struct Entrance {
    Meta meta;
    std::string kind;
    std::string gateway;  ///< whose it is: the class, or what everybody calls the gateway
    Contest contest = Contest::older;
    std::vector<EntranceRule> rules;
    std::vector<EntranceAside> aside;  ///< what it says besides that may matter
    std::vector<Text> plain_hosts;     ///< that it takes without TLS, and contests all the same
    Text override_by;                  ///< of Kong: a KongIngress of its namespace; empty: none
    /// `Ingress "ns/name"`.
    std::string text() const { return kind + " \"" + meta.path() + "\""; }
    bool operator==(const Entrance&) const = default;
};

}  // namespace sni::manifest
