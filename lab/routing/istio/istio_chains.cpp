#include "lab/routing/istio/istio_chains.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/manifest/codes.h"
#include "lab/routing/istio/istio_no_route.h"
#include "lab/routing/istio/istio_targets.h"
#include "lab/routing/istio/istio_terminating.h"
#include "lab/routing/listeners/merge_servers.h"

namespace sni::routing {

namespace {

/// One tls match of a VirtualService at a PASSTHROUGH server: it asks for match.sni_hosts on
/// `port`, just as they are written. Points into the manifest.
struct TlsMatchAt {
    std::uint16_t port = 0;  ///< as written in the Gateway
    const VirtualService* service = nullptr;
    const TlsRoute* rule = nullptr;
    const TlsMatch* match = nullptr;
};

Rule tls_rule_of(const TlsMatchAt& at) {
    return {.kind = "VirtualService",
            .ns = at.service->meta.ns.value,
            .name = at.service->meta.name.value,
            .at = at.rule->at};
}

Lost lost_to(const TlsMatchAt& owner, const TlsMatchAt& at, const Text& taken) {
    Lost lost{.port = at.port,
              .names = {},
              .taken = taken.value,
              .rule = tls_rule_of(at),
              .winner = tls_rule_of(owner)};
    for (const Text& name : at.match->sni_hosts) {
        lost.names.push_back(name.value);
    }
    return lost;
}

void report_skipped(const TlsMatchAt& at, const Text& taken, const TlsMatchAt& owner,
                    Findings& findings) {
    std::vector<std::string> lost;
    for (const Text& other : at.match->sni_hosts) {
        if (other.value != taken.value && lost.size() < 5) lost.push_back(other.value);
    }
    findings.add(Level::warning, code::kDuplicateSni, taken.at,
                 fmt::format("the name {} has a rule on port {} already, so this whole match "
                             "is skipped",
                             quote(taken.value), at.port),
                 fmt::format("VirtualService {} comes first{}{}", quote(owner.service->meta.path()),
                             lost.empty() ? "" : "; lost with it: ", fmt::join(lost, ", ")),
                 "name each host in one match only");
}

void report_wider(const TlsMatchAt& at, const ServedGateway& served, Findings& findings) {
    if (at.service->meta.flawed || served.gateway->meta.flawed) return;
    for (const Text& sni : at.match->sni_hosts) {
        if (served.hosts.covers(sni, at.service->meta.ns.value)) continue;
        findings.add(Level::info, code::kSniWider, sni.at,
                     fmt::format("{} is open although Gateway {} does not name it",
                                 quote(sni.value), quote(served.gateway->meta.path())),
                     "under PASSTHROUGH the Gateway's hosts choose VirtualServices, they do "
                     "not filter SNI");
    }
}

/// The chains of PASSTHROUGH servers, one server after the other: names that one has taken are gone
/// for those behind it.
class PassthroughChains {
  public:
    PassthroughChains(const PodsView& view, Findings& findings)
        : view_(view), findings_(findings) {}

    ServerChains of(const BoundServer& server) {
        ServerChains made;
        bool any = false;
        for (const VirtualService* service : server.services) {
            if (!server.own.hosts.overlaps_any(*service)) continue;
            for (const TlsRoute& rule : service->tls) {
                for (const TlsMatch& match : rule.matches) {
                    if (!fits(match, *service, server)) continue;
                    any = true;
                    add({server.port(), service, &rule, &match}, server, made);
                }
            }
        }
        if (any) return made;
        made.closed = fmt::format("no VirtualService has a tls rule for port {} of Gateway {}",
                                  server.port(), quote(server.gateway().meta.path()));
        report_no_route(server, view_.inputs, findings_);
        return made;
    }

  private:
    /// One name taken already, and the whole match is skipped; its other names stay free.
    void add(const TlsMatchAt& at, const BoundServer& server, ServerChains& made) {
        TakenNames<TlsMatchAt>& owners = names_[server.listens_at];
        const std::string& bind = server.server().bind;
        for (const Text& sni : at.match->sni_hosts) {
            const TlsMatchAt* owner = owners.find(sni.value, bind);
            if (!owner) continue;
            // A Gateway with two servers on a port meets the same match twice.
            if (owner->match == at.match) return;
            made.lost.push_back(lost_to(*owner, at, sni));
            if (!at.service->meta.flawed && reported_.insert(at.match).second)
                report_skipped(at, sni, *owner, findings_);
            return;
        }
        for (const Text& sni : at.match->sni_hosts) {
            owners.take(sni.value, bind, at);
        }
        made.chains.push_back(chain_of(at, server));
        report_wider(at, server.served, findings_);
    }

    FilterChain chain_of(const TlsMatchAt& at, const BoundServer& server) {
        const auto [targets, fresh] = targets_.try_emplace({at.rule, at.port});
        if (fresh) targets->second = targets_of(view_, *at.service, at.rule->destinations, at.port);
        return {.port = at.port,
                .proxy = view_.proxy,
                .proxy_ns = view_.pods.ns,
                .bind = bind_address(server.server()),
                .gateway = server.gateway().meta.path(),
                .names = at.match->sni_hosts,
                .rule = tls_rule_of(at),
                .targets = targets->second,
                .flawed = at.service->meta.flawed};
    }

    const PodsView& view_;
    Findings& findings_;
    std::map<std::uint16_t, TakenNames<TlsMatchAt>> names_;  // by port of the pod
    std::map<std::pair<const TlsRoute*, std::uint16_t>, std::vector<Target>> targets_;
    std::set<const TlsMatch*> reported_;
};

}  // namespace

IstioChains istio_chains(const PodsView& view, const std::vector<ServedGateway>& gateways,
                         const std::vector<MergedServer>& servers, const Bound& bound,
                         Findings& findings) {
    IstioChains all;
    PassthroughChains passthrough(view, findings);
    for (const MergedServer& merged : servers) {
        const ServedGateway& gateway = gateways[merged.gateway];
        const BoundServer server{.served = gateway,
                                 .own = gateway.servers[merged.server],
                                 .listens_at = merged.listens_at,
                                 .shares_chain = merged.shares_chain,
                                 .services = bound[merged.gateway]};
        ServerChains made = server.own.passthrough
                                ? passthrough.of(server)
                                : chains_without_passthrough(view, server, findings);
        std::ranges::move(made.chains, std::back_inserter(all.chains));
        std::ranges::move(made.lost, std::back_inserter(all.lost));
        if (!made.closed.empty()) all.closed.emplace(server.port(), std::move(made.closed));
    }
    return all;
}

}  // namespace sni::routing
