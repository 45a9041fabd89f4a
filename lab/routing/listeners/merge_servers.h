// Which servers of the Gateways that one pod serves get their port, and in which order their filter
// chains are built (pilot/pkg/model/gateway.go, mergeGateways). Knows nothing of routes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sni::routing {

/// HTTP, HTTP2, GRPC and the like; not HTTPS.
bool is_plain_http(std::string_view protocol);

/// A tls block of plain HTTP is there for httpsRedirect (pkg/config/gateway/gateway.go,
/// IsTLSServer).
bool speaks_tls(bool tls_block, std::string_view protocol);

/// A server of a Gateway, or a listener of the Gateway API, which Istio makes one of.
struct MergeServer {
    std::uint16_t port = 0;
    std::string protocol;            ///< upper case
    std::string written;             ///< the protocol as it is written, by which Istio merges
    std::string bind;                ///< as it is written: "" and "0.0.0.0" are told apart here
    std::vector<std::string> hosts;  ///< as they are compared: "host", or "ns/host"
    bool tls = false;                ///< it has a tls block
};

/// What became of one of them. `other` is the index of the server that is meant.
struct Merged {
    enum class Fate {
        alone,     ///< it is the first one of its port, or shares it with its like
        joins,     ///< plain, taken in behind `other`, which has TLS: TLS that comes later is lost
        has_host,  ///< lost: `other` has `host` on this port
        has_port,  ///< lost: `other` is plain, and has the port
    };
    Fate fate = Fate::alone;
    std::size_t other = 0;
    std::string host = {};
    /// Of one that is kept: those of one port, one such protocol and one bind share what is built.
    /// Its own as it is written, or that of the plain server which it is taken in by.
    std::string protocol = {};
    bool kept() const { return fate == Fate::alone || fate == Fate::joins; }
};

struct Merge {
    std::vector<Merged> fates;       ///< of each server
    std::vector<std::size_t> order;  ///< those that are kept, as their chains are built
};

/// `servers` in Istio's order: by age of their Gateways, then by name.
Merge merge_servers(const std::vector<MergeServer>& servers);

/// Names on one port, each with the address of whoever took it last: one that is bound elsewhere
/// takes nothing from it (CheckDuplicates).
template <class Owner>
class TakenNames {
  public:
    /// Who has one of them at this address; nullptr: nobody.
    const Owner* find(const std::string& name, const std::string& bind) const {
        const auto found = owners_.find(name);
        return found == owners_.end() || found->second.bind != bind ? nullptr
                                                                    : &found->second.owner;
    }
    void take(const std::string& name, const std::string& bind, Owner owner) {
        owners_.insert_or_assign(name, Entry{bind, std::move(owner)});
    }

  private:
    struct Entry {
        std::string bind;
        Owner owner;
    };
    std::unordered_map<std::string, Entry> owners_;
};

}  // namespace sni::routing
