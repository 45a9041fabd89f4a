#include "lab/routing/listeners/merge_servers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace sni::routing {

bool is_plain_http(std::string_view protocol) {
    return (protocol.starts_with("HTTP") && protocol != "HTTPS") || protocol.starts_with("GRPC");
}

bool speaks_tls(bool tls_block, std::string_view protocol) {
    return tls_block && !is_plain_http(protocol);
}

namespace {

class ServerMerger {
  public:
    explicit ServerMerger(const std::vector<MergeServer>& servers) : servers_(servers) {}

    Merge run() {
        Merge merge;
        for (std::size_t i = 0; i < servers_.size(); ++i) {
            Merged& merged = merge.fates.emplace_back(fate_of(i));
            if (!merged.kept()) continue;
            if (merged.protocol.empty()) merged.protocol = servers_[i].written;
            file(i, merged.protocol);
        }
        for (const std::vector<std::size_t>& group : groups_) {
            merge.order.insert(merge.order.end(), group.begin(), group.end());
        }
        return merge;
    }

  private:
    struct Port {
        std::optional<std::size_t> first;
        std::optional<std::size_t> plain;
        TakenNames<std::size_t> hosts;
    };

    /// Hosts are taken even by a server that then loses its port.
    Merged fate_of(std::size_t i) {
        const MergeServer& server = servers_[i];
        Port& port = ports_[server.port];
        if (server.tls) {
            for (const std::string& host : server.hosts) {
                if (const std::size_t* owner = port.hosts.find(host, server.bind))
                    return {Merged::Fate::has_host, *owner, host};
            }
            for (const std::string& host : server.hosts) {
                port.hosts.take(host, server.bind, i);
            }
        }
        const bool first = !port.first;
        if (first) port.first = i;
        if (port.plain && !first) return beside_plain(i, *port.plain, port);
        if (speaks_tls(server.tls, server.protocol)) return {};
        port.plain = i;
        if (first) return {};
        return {.fate = Merged::Fate::joins, .other = port.first.value_or(i)};
    }

    Merged beside_plain(std::size_t i, std::size_t plain, Port& port) const {
        const MergeServer& server = servers_[i];
        if (servers_[plain].bind != server.bind) {
            // Only one that begins something new is what those behind it are compared with.
            const bool fresh = !index_.contains({server.port, server.written, server.bind});
            if (fresh && !speaks_tls(server.tls, server.protocol)) port.plain = i;
            return {};
        }
        if (is_plain_http(server.protocol) && is_plain_http(servers_[plain].protocol))
            return {.protocol = servers_[plain].written};
        return {.fate = Merged::Fate::has_port, .other = plain};
    }

    /// Chains of one port, protocol and address are built in one go.
    void file(std::size_t i, const std::string& protocol) {
        const MergeServer& server = servers_[i];
        const auto [slot, fresh] =
            index_.try_emplace({server.port, protocol, server.bind}, groups_.size());
        if (fresh) groups_.emplace_back();
        groups_[slot->second].push_back(i);
    }

    const std::vector<MergeServer>& servers_;
    std::map<std::uint16_t, Port> ports_;
    std::map<std::tuple<std::uint16_t, std::string, std::string>, std::size_t> index_;
    std::vector<std::vector<std::size_t>> groups_;
};

}  // namespace

Merge merge_servers(const std::vector<MergeServer>& servers) {
    return ServerMerger(servers).run();
}

}  // namespace sni::routing
