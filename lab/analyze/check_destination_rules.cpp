// DestinationRules: for hosts that nothing has, subsets that none of them has, and TLS around the
// client's own TLS.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"

namespace sni::analyze {

using namespace manifest;

namespace {

constexpr std::string_view kSuffix = kServiceSuffix;

/// Only a host without any dot is completed.
std::string full_host(std::string_view host, std::string_view ns) {
    if (host.contains('.') || host.starts_with('*')) return std::string(host);
    return fmt::format("{}.{}{}", host, ns, kSuffix);
}

/// Of a Service's host; empty for any other.
std::string namespace_of(std::string_view host) {
    if (!host.ends_with(kSuffix)) return {};
    host.remove_suffix(kSuffix.size());
    const std::size_t dot = host.find('.');
    return dot == std::string_view::npos ? std::string() : std::string(host.substr(dot + 1));
}

bool exported_to(const DestinationRule& rule, std::string_view ns) {
    return rule.export_to.empty() || std::ranges::any_of(rule.export_to, [&](const Text& target) {
               return target.value == "*" ||
                      (target.value == "." ? rule.meta.ns.value : target.value) == ns;
           });
}

/// By host, the one that a gateway takes first: of its own namespace, then of the Service's
/// (pilot/pkg/model/push_context.go, destinationRule).
class Rules {
  public:
    explicit Rules(const Model& model)
        : gateway_namespace_(model.options.setting.gateway_namespace) {
        for (const DestinationRule& rule : model.manifest.destination_rules) {
            if (rule.meta.flawed || !exported_to(rule, gateway_namespace_)) continue;
            by_host_[full_host(rule.host.value, rule.meta.ns.value)].push_back(&rule);
        }
    }

    const DestinationRule* find(const std::string& host) const {
        const std::string service_namespace = namespace_of(host);
        for (const std::string* ns : {&gateway_namespace_, &service_namespace}) {
            if (const DestinationRule* rule = find_in(host, *ns)) return rule;
        }
        return nullptr;
    }

    /// Does any rule for `host`, of whatever namespace, have the subset?
    bool has_subset(const std::string& host, std::string_view subset) const {
        const auto found = by_host_.find(host);
        return found != by_host_.end() &&
               std::ranges::any_of(found->second, [&](const DestinationRule* rule) {
                   return std::ranges::any_of(rule->subsets, [&](const Subset& known) {
                       return known.name.value == subset;
                   });
               });
    }

  private:
    /// The name itself, then wildcards, the longest first.
    const DestinationRule* find_in(const std::string& host, const std::string& ns) const {
        const auto in_namespace = [&](const std::string& key) -> const DestinationRule* {
            const auto found = by_host_.find(key);
            if (found == by_host_.end()) return nullptr;
            const auto rule = std::ranges::find(
                found->second, ns, [](const DestinationRule* r) { return r->meta.ns.value; });
            return rule == found->second.end() ? nullptr : *rule;
        };
        if (const DestinationRule* exact = in_namespace(host)) return exact;
        for (std::size_t dot = host.find('.'); dot != std::string::npos;
             dot = host.find('.', dot + 1)) {
            if (const DestinationRule* wild = in_namespace("*" + host.substr(dot))) return wild;
        }
        return in_namespace("*");
    }

    std::string gateway_namespace_;
    std::unordered_map<std::string, std::vector<const DestinationRule*>> by_host_;
};

/// What `settings` say for a port: its own, which replace the host's.
const ClientTls* tls_for(const std::vector<ClientTls>& settings, std::int64_t port) {
    const ClientTls* host = nullptr;
    for (const ClientTls& tls : settings) {
        if (tls.port && tls.port->value == port) return &tls;
        if (!tls.port) host = &tls;
    }
    return host;
}

class DoubleTls {
  public:
    DoubleTls(const Model& model, const Rules& rules, Findings& findings)
        : model_(model), rules_(rules), findings_(findings) {
        for (const Namespace& ns : model.manifest.namespaces) {
            const auto injection = ns.meta.labels.find("istio-injection");
            const bool injected =
                ns.meta.labels.contains("istio.io/rev") ||
                (injection != ns.meta.labels.end() && injection->second == "enabled");
            if (!injected) without_sidecars_.insert(ns.meta.name.value);
        }
    }

    void check(const FilterChain& chain, const Target& target) {
        const std::string host =
            target.kind == Target::Kind::service ? full_host(target.name, target.ns) : target.name;
        const DestinationRule* rule = rules_.find(host);
        if (!rule) return;
        const ClientTls* tls = tls_for(rule->tls, target.port);
        for (const Subset& subset : rule->subsets) {
            if (!target.written || subset.name.value != target.written->subset.value) continue;
            if (const ClientTls* own = tls_for(subset.tls, target.port)) tls = own;
        }
        if (tls) report(*tls, *rule, chain, host);
    }

  private:
    void report(const ClientTls& tls, const DestinationRule& rule, const FilterChain& chain,
                const std::string& host) {
        const std::string& mode = tls.mode.value;
        if (mode == "SIMPLE" || mode == "MUTUAL") {
            findings_.error(
                code::kDoubleTls, tls.mode.at,
                fmt::format("mode {} puts TLS around the TLS that is passed through to {}", mode,
                            printable(host)),
                fmt::format("{} sends passed-through connections there; the "
                            "backend opens the gateway's TLS, finds a ClientHello inside, and "
                            "clients say \"wrong version number\"",
                            chain.rule.text()),
                "write mode: DISABLE, or remove the DestinationRule");
        } else if (mode == "ISTIO_MUTUAL" && has_no_sidecar(host)) {
            findings_.add(
                Level::warning, code::kDoubleTls, tls.mode.at,
                fmt::format("the pods of {} have no sidecar to open the mesh's TLS",
                            printable(host)),
                fmt::format("namespace {} is not labelled for injection, so DestinationRule {} "
                            "makes every connection fail",
                            namespace_of(host), quote(rule.meta.path())),
                "label the namespace istio-injection=enabled, or write mode: DISABLE");
        }
    }

    bool has_no_sidecar(std::string_view host) const {
        return without_sidecars_.contains(namespace_of(host));
    }

    const Model& model_;
    const Rules& rules_;
    Findings& findings_;
    std::set<std::string> without_sidecars_;
};

}  // namespace

void check_rule_hosts(const Model& model, Findings& findings) {
    HostSet known;
    for (const Service& service : model.manifest.services) {
        known.add(full_host(service.meta.name.value, service.meta.ns.value));
    }
    for (const ServiceEntry& entry : model.manifest.service_entries) {
        for (const Text& host : entry.hosts) {
            known.add(host.value);
        }
    }
    for (const DestinationRule& rule : model.manifest.destination_rules) {
        if (rule.meta.flawed) continue;
        const std::string host = full_host(rule.host.value, rule.meta.ns.value);
        if (known.overlaps(host)) continue;
        const std::size_t dot = host.find('.');
        const std::string longer = host + std::string(kSuffix);
        std::string hint;
        if (dot != std::string::npos && known.overlaps(longer)) {
            hint = fmt::format("a host with a dot is not completed: write {}", printable(longer));
        }
        findings.add(Level::warning, code::kUnknownRuleHost, rule.host.at,
                     fmt::format("no Service and no ServiceEntry has the host {}", quote(host)),
                     "the DestinationRule is for nobody", std::move(hint));
    }
}

void check_subsets(const Model& model, Findings& findings) {
    const Rules rules(model);
    for (const VirtualService& service : model.manifest.virtual_services) {
        for (const TlsRoute& route : service.tls) {
            for (const Destination& destination : route.destinations) {
                const std::string& subset = destination.subset.value;
                const std::string host = full_host(destination.host.value, service.meta.ns.value);
                if (subset.empty() || rules.has_subset(host, subset)) continue;
                findings.error(manifest::code::kNotFound, destination.subset.at,
                               fmt::format("no DestinationRule for {} has the subset {}",
                                           printable(host), quote(subset)),
                               "connections for it are closed", "add the subset, or leave it out");
            }
        }
    }
}

void check_double_tls(const Model& model, Findings& findings) {
    const Rules rules(model);
    DoubleTls checker(model, rules, findings);
    for (const Reached& reached : model.reached) {
        for (const Target& target : reached.chain->targets) {
            checker.check(*reached.chain, target);
        }
    }
}

}  // namespace sni::analyze
