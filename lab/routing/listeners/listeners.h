// What the gateways' Envoys are given: a listener for each port, with filter chains that names
// choose. A value; and the question that every command asks it. How manifests become listeners is
// routing.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/lookup/services.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// What a filter chain was made from.
struct Rule {
    std::string kind;
    std::string ns;
    std::string name;
    Spot at;
    /// `VirtualService "ns/name"`.
    std::string text() const;
    std::string path() const { return ns + "/" + name; }
    auto operator<=>(const Rule&) const = default;
};

/// The Secret with a gateway's own certificate.
struct Reference {
    std::string ns;
    std::string name;
    Spot at;
    bool operator==(const Reference&) const = default;
};

struct FilterChain {
    enum class Ends {
        backend,  ///< PASSTHROUGH: bytes are copied
        gateway,  ///< the gateway itself ends TLS
        plain,    ///< the gateway itself speaks HTTP, without TLS
        raw,      ///< bytes go on whatever they are; the lab does not run it
    };
    Ends ends = Ends::backend;
    std::uint16_t port = 0;   ///< as written in the Gateway
    std::string proxy;        ///< which gateway's Envoy: one for all Gateways of the same pods
    std::string proxy_ns;     ///< where its pods run; empty: not Istio's
    std::string bind;         ///< empty: every address
    std::string gateway;      ///< "ns/name"
    std::vector<Text> names;  ///< as they are written; a "*" among them takes everything
    Rule rule;
    std::vector<Target> targets;
    bool flawed = false;  ///< something in its documents is wrong and was reported
    // Of a gateway that ends TLS: whose certificate it has, and where it goes on. Nothing: the lab
    // does not run it.
    std::optional<Reference> credential;
    std::optional<Target> inside;

    /// PASSTHROUGH by a rule of this kind: a VirtualService or a TLSRoute.
    bool passes_by(std::string_view kind) const {
        return ends == Ends::backend && rule.kind == kind;
    }
    /// True when it has no server_names for Envoy: no SNI and plain text come here too.
    bool takes_all() const;
    bool operator==(const FilterChain&) const = default;
};

/// Names that a rule asked for and did not get.
struct Lost {
    std::uint16_t port = 0;
    std::vector<std::string> names;
    std::string taken;  ///< the name that somebody else has
    Rule rule;
    Rule winner;
    std::string why = {};  ///< a sentence in place of "somebody else has it"
    bool operator==(const Lost&) const = default;
};

struct Question;

/// What an object of another gateway says and nobody looks at.
struct Unread {
    Rule rule;                         ///< the object, and where in it
    std::string what;                  ///< of it, in words
    std::vector<std::string> names;    ///< that it concerns, in lower case; none: it may be any
    std::vector<std::uint16_t> ports;  ///< the same of ports
    bool decides = false;              ///< it may take a name that has nothing else
    bool concerns(const Question& question) const;
    bool operator==(const Unread&) const = default;
};

struct Listener {
    std::uint16_t port = 0;
    std::vector<FilterChain> chains;
    std::string rejected;  ///< why Envoy refuses the listener; empty: it does not

    /// Index of the chain that takes a name in lower case; nothing: none.
    std::optional<std::size_t> find(std::optional<std::string_view> name) const;
    /// One chain that could take it, and by which of its names, in lower case.
    struct Fit {
        std::size_t chain = 0;
        std::string name;
    };
    /// find()'s, and those that would take it if that were not there, most specific first.
    std::vector<Fit> fitting(std::optional<std::string_view> name) const;
    /// Fills the look-up below; `rejected` chains are left out of it.
    void index();
    bool operator==(const Listener&) const = default;

  private:
    std::unordered_map<std::string, std::size_t> exact_;
    std::unordered_map<std::string, std::size_t> suffixes_;  // without the "*."
    std::optional<std::size_t> all_;
};

/// The reference that makes ResolvedRefs of a Gateway or a listener False.
struct Culprit {
    enum class Of {
        listener,  ///< its own certificate
        clients,   ///< authorities that vouch for clients
        backends,  ///< the certificate that the Gateway shows to them
    };
    Of of = Of::listener;
    manifest::api::Reference to;
    std::string why;       ///< the end of a sentence
    bool unknown = false;  ///< it is not in these files, and may be in the cluster
    bool operator==(const Culprit&) const = default;
};

/// A status condition of a Gateway API object.
struct Condition {
    std::string kind;
    std::string ns;
    std::string name;
    std::optional<std::string> parent;
    std::optional<std::string> listener;
    std::string type;
    bool status = true;
    std::string reason;
    std::optional<Culprit> culprit = {};  ///< nothing: a reference is not what is wrong
    bool operator==(const Condition&) const = default;
};

/// attachedRoutes of one listener, and its supportedKinds.
struct Attached {
    std::string gateway;   ///< "ns/name"
    std::string listener;  ///< its name; "ns/set/name" when a ListenerSet adds it
    std::size_t routes = 0;
    std::vector<std::string> kinds;  ///< of routes, that it may have and allows
    bool names_kinds = false;        ///< its allowedRoutes do
    bool operator==(const Attached&) const = default;
};

struct Listeners {
    std::vector<Listener> all;                    ///< by port
    std::map<std::uint16_t, std::string> closed;  ///< ports that stay closed, and why
    std::vector<Lost> lost;
    std::vector<Unread> unread;
    std::vector<Condition> conditions;
    std::vector<Attached> attached;
    const std::vector<File>* files = nullptr;  ///< of the manifest, which must outlive it

    const Listener* find(std::uint16_t port) const;
};

struct Question {
    std::optional<std::string> sni;
    bool plaintext = false;  ///< no TLS at all
    std::uint16_t port = 443;
    bool operator==(const Question&) const = default;
};

enum class Outcome { routed, terminate, reset, closed_port, listener_rejected };
/// As the JSON spells it: "closed-port".
std::string_view to_string(Outcome outcome);

struct Answer {
    Question question;
    Outcome outcome = Outcome::closed_port;
    std::vector<Target> destinations;  ///< those that can take the connection
    std::vector<Target> dead;          ///< those whose share of the connections is closed
    std::optional<Rule> rule;
    std::vector<std::string> why;  ///< sentences, the important one first
    /// "ns/name" of the Gateways whose pods answer so; none: there is only one group of pods.
    std::vector<std::string> gateways = {};
    bool uncertain = false;  ///< nothing takes it, and something that nobody looks at may
};

/// Envoy's choice of a filter chain, without a word.
struct Decision {
    Outcome outcome = Outcome::closed_port;
    const FilterChain* chain = nullptr;  ///< that takes it, of `listeners`; nullptr: none does
    std::string name;                    ///< by which of its names, in lower case
};
/// In about the time that the question's labels take, however many names there are.
Decision decide(const Listeners& listeners, const Question& question);

/// What becomes of a connection: decide(), in words, with what was beaten and what is near.
Answer ask(const Listeners& listeners, const Question& question);

}  // namespace sni::routing
