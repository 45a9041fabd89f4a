// What becomes of every name on every port before manifests change and afterwards: which names go
// elsewhere, and what decides. Both sides are asked by routing::decide(); how a side was read and
// routed is its own business.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/routing.h"

namespace sni::diff {

/// Manifests, and what they were routed to in which environment. All must outlive it.
struct Side {
    const manifest::Manifest& manifest;
    const routing::Routing& routing;
    const lookup::Environment& environment;
};

struct Backend {
    std::string name;                   ///< "ns/name" of a Service; else the host
    std::optional<std::uint16_t> port;  ///< nothing: the files do not tell, and any will do
    std::int64_t share = 1;             ///< of the connections, beside the others', in lowest terms
    /// Its share is reset, and the files show it. A Service that they lack is taken to be elsewhere
    /// where there is no other one of its namespace, and the old side did not have it.
    bool closed = false;
    std::string subset = {};  ///< of a VirtualService's destination; empty: none
    /// Of its pods; nothing: the files do not tell.
    std::optional<std::uint16_t> target_port = std::nullopt;
    std::string target_name = {};    ///< where that has a name, which no pod here tells
    manifest::Labels selector = {};  ///< of the Service, and of the subset
    /// "Deployment ns/name" that it selects, in order; none where pods are in the files whose names
    /// do not last.
    std::vector<std::string> workloads = {};
    std::vector<std::string> addresses = {};  ///< that are listed in place of pods, in order
    int proxy_header = 0;  ///< version of the PROXY header in front of what goes there; 0: none
    auto operator<=>(const Backend&) const = default;
};

/// Where a name ends up at a gateway.
struct End {
    enum class Kind { passed, terminated, nowhere };
    Kind kind = Kind::nowhere;
    std::vector<Backend> backends;      ///< of `passed`, by name and port
    std::optional<routing::Rule> rule;  ///< that decides; nothing: there is none
    Place place;                        ///< of the rule
    std::string by;   ///< the wildcard by which the rule takes it; empty: its own name
    std::string why;  ///< without a rule, or why a backend is closed: a sentence

    /// Passed, to a backend that is not closed.
    bool is_served() const;
};

/// Whether a client notices nothing: what decides is of no account, and neither is what only one
/// of them tells.
bool are_same(const End& one, const End& other);
/// Of a Service of one name and port: the same port of the same pods or addresses, as far as both
/// tell. Other words that select the same pods are no other pods.
bool have_same_pods(const Backend& one, const Backend& other);

struct Change {
    /// What clients see of it, the worst first.
    enum class Kind {
        terminated,  ///< was passed, and ends at the gateway now
        lost,        ///< goes nowhere any more
        moved,       ///< is passed to others, or in other shares
        passed,      ///< ended at the gateway, and is passed now
        gained,      ///< went nowhere
    };
    Kind kind = Kind::moved;
    std::string name;  ///< a name, a wildcard, or "*" for whatever has no other
    std::uint16_t port = 0;
    std::vector<std::string> gateways;  ///< "ns/name"; none where it does not matter which
    std::vector<End> was;               ///< never empty, without repeats
    std::vector<End> is;                ///< the same
};

/// What an object says and nobody compares.
struct Aside {
    Place place;
    std::string object;    ///< `Ingress "ns/name"`
    std::string what;      ///< of it
    std::string why = {};  ///< and what to give; empty: such a thing never is
};

struct Report {
    std::vector<Change> changes;  ///< by kind, name, port, gateway
    std::size_t same = 0;         ///< names at ports, like a change each
    std::vector<Aside> aside;     ///< of both sides
    /// What nobody looked at and differs, or may: the end of a sentence; empty: nothing.
    std::string undecided;

    /// Nothing was compared, although there is something: neither a change nor none.
    bool is_empty_handed() const;
    /// There is no change, and nobody can say that there is none.
    bool is_inconclusive() const;
};

/// Every name that either side knows is asked of both, a wildcard for the names below it that
/// nothing narrower takes. Gateway pods that serve the same Gateways on both sides, or have the
/// same name, are compared with each other; of the rest a name goes where any of them takes it.
/// Takes about as long as there are names.
Report compare(const Side& old, const Side& now);

}  // namespace sni::diff
