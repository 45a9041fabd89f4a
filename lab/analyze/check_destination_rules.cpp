// DestinationRules: for hosts that nothing has, subsets that none of them has, TLS around the
// client's own TLS, and a load balancer that leads a gateway to itself.
#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/analyze/known_hosts.h"
#include "lab/core/encoding.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/pods.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

constexpr std::string_view kSuffix = kServiceSuffix;

/// What a rule makes of connections that are passed through.
class OnTheWays {
  public:
    OnTheWays(const DestinationRules& rules, Findings& findings)
        : rules_(rules), findings_(findings) {}

    void check(const FilterChain& chain, const Target& target) {
        const OnTheWay way = rules_.on_the_way(target, chain.proxy_ns);
        if (way.wraps()) report_double_tls(way, chain);
        if (way.back) report_way_back(way, chain);
    }

  private:
    void report_way_back(const OnTheWay& way, const FilterChain& chain) {
        findings_.error(
            manifest::code::kNoEndpoints, way.back->simple.at,
            fmt::format("with loadBalancer PASSTHROUGH a gateway finds nobody behind {}",
                        printable(way.host)),
            fmt::format("it goes where the client went, and that is the gateway itself: what {} "
                        "sends there is closed",
                        chain.rule.text()),
            "write another one, such as LEAST_REQUEST, or a workloadSelector of sidecars that "
            "need it");
    }

    void report_double_tls(const OnTheWay& way, const FilterChain& chain) {
        const ClientTls& tls = *way.tls;
        const DestinationRule& rule = *way.rule;
        const std::string& host = way.host;
        const std::string& mode = tls.mode.value;
        if (mode != "ISTIO_MUTUAL") {
            findings_.error(
                code::kDoubleTls, tls.mode.at,
                fmt::format("mode {} puts TLS around the TLS that is passed through to {}", mode,
                            printable(host)),
                fmt::format("{} sends passed-through connections there; the "
                            "backend opens the gateway's TLS, finds a ClientHello inside, and "
                            "clients say \"wrong version number\"",
                            chain.rule.text()),
                "write mode: DISABLE, or remove the DestinationRule");
        } else {
            const std::string ns = printable(service_namespace(host));
            const bool off = way.injected == Injected::no;
            findings_.add(
                Level::warning, code::kDoubleTls, tls.mode.at,
                fmt::format("the pods of {} have no sidecar to open the mesh's TLS",
                            printable(host)),
                fmt::format("{}, so DestinationRule {} makes every connection fail",
                            off ? "injection is off for them, in namespace " + ns
                                : "namespace " + ns + " is not labelled for injection",
                            quote(rule.meta.path())),
                off ? "turn injection on, or write mode: DISABLE"
                    : "label the namespace istio-injection=enabled, or write mode: DISABLE");
        }
    }

    const DestinationRules& rules_;
    Findings& findings_;
};

/// Rules for a host, but none with the subset, is a mistake; no rule at all may be in other files.
void check_subset(const Destination& destination, const std::string& ns,
                  const DestinationRules& rules, Findings& findings) {
    const std::string& subset = destination.subset.value;
    const std::string host = full_host(destination.host.value, ns);
    if (subset.empty() || rules.has_subset(host, subset)) return;
    if (!rules.has_host(host)) {
        return findings.add(
            Level::info, manifest::code::kNotFound, destination.subset.at,
            fmt::format(
                "no DestinationRule for {} is in these files, so the subset {} is not known",
                printable(host), quote(subset)));
    }
    findings.error(
        manifest::code::kNotFound, destination.subset.at,
        fmt::format("no DestinationRule for {} has the subset {}", printable(host), quote(subset)),
        "connections for it are closed", "add the subset, or leave it out");
}

/// Entries of one namespace share a host's endpoints.
bool has_endpoint(const Model& model, const ServiceEntry& first, const std::string& host,
                  const Labels& labels) {
    return std::ranges::any_of(model.manifest.service_entries, [&](const ServiceEntry& entry) {
        const bool own = entry.meta.ns.value == first.meta.ns.value &&
                         std::ranges::find(entry.hosts, host, &Text::value) != entry.hosts.end();
        return (own || &entry == &first) &&
               std::ranges::any_of(entry.endpoints, [&](const EntryEndpoint& endpoint) {
                   return has_labels(endpoint.labels.value, labels);
               });
    });
}

/// Whether a WorkloadEntry or a CronJob that the Service selects has these labels, too.
bool is_other_endpoint(const Model& model, const Service& service, const Labels& labels) {
    return std::ranges::any_of(model.manifest.other_endpoints, [&](const OtherEndpoint& other) {
        return other.meta.ns.value == service.meta.ns.value &&
               has_labels(other.labels, service.selector.value) && has_labels(other.labels, labels);
    });
}

/// Of a ServiceEntry its endpoints, of a Service its pods; where the files hold none of either,
/// nobody knows.
void check_pods(const Model& model, const KnownHosts::Owner& owner, const std::string& host,
                const Subset& subset, Findings& findings) {
    const Labels& labels = subset.labels.value;
    if (labels.empty()) return;  // whoever stands behind the host
    const std::string& ns = owner.meta().ns.value;
    bool known = true;
    if (owner.service) {
        const auto pods = model.services.pods().find(ns, owner.service->selector.value);
        known = !pods.empty() && !model.manifest.unknown_pods.contains(ns) &&
                std::ranges::none_of(model.services.pods().all(ns),
                                     [](const Deployment* each) { return each->meta.flawed; });
        const bool found = std::ranges::any_of(pods, [&](const Deployment* each) {
            return each->replicas.value > 0 && has_labels(each->pod.labels.value, labels);
        });
        if (found || is_other_endpoint(model, *owner.service, labels)) return;
    } else if (owner.entry->selector || has_endpoint(model, *owner.entry, host, labels)) {
        return;
    }
    findings.add(
        known ? Level::error : Level::info, code::kEmptySubset, subset.name.at,
        fmt::format("the subset {} of {} has no {}{}", quote(subset.name.value), printable(host),
                    owner.service ? "pod" : "endpoint", known ? "" : " in these files"),
        "connections for it are closed",
        owner.service ? "correct its labels, or those of the pods"
                      : "correct its labels, or those of the endpoints");
}

}  // namespace

void check_rule_hosts(const Model& model, Findings& findings) {
    HostSet known;
    std::set<std::string> namespaces;
    for (const Service& service : model.manifest.services) {
        namespaces.insert(service.meta.ns.value);
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
        // Where the namespace's Services are not in the files, nobody knows what hosts it has.
        std::string ns = service_namespace(host);
        ns.erase(0, ns.rfind('.') + 1);  // of "*.a" before it
        const bool looked = !hint.empty() || (ns.empty() ? !model.manifest.service_entries.empty()
                                                         : namespaces.contains(ns));
        findings.add(looked ? Level::warning : Level::info, code::kUnknownRuleHost, rule.host.at,
                     fmt::format("no Service and no ServiceEntry{} has the host {}",
                                 looked ? "" : " of these files", quote(host)),
                     looked ? "the DestinationRule is for nobody" : "", std::move(hint));
    }
}

void check_subsets(const Model& model, Findings& findings) {
    const DestinationRules rules(model.manifest, model.options.environment);
    for (const VirtualService& service : model.manifest.virtual_services) {
        const auto check = [&](const std::vector<Destination>& destinations) {
            for (const Destination& destination : destinations) {
                check_subset(destination, service.meta.ns.value, rules, findings);
            }
        };
        for (const TlsRoute& route : service.tls) {
            check(route.destinations);
        }
        for (const HttpRule& rule : service.http_rules) {
            check(rule.destinations);
        }
        check(service.aside);
    }
}

void check_empty_subsets(const Model& model, Findings& findings) {
    const KnownHosts hosts(model.manifest);
    for (const DestinationRule& rule : model.manifest.destination_rules) {
        const std::string host = full_host(rule.host.value, rule.meta.ns.value);
        const KnownHosts::Owner* owner = hosts.find(host, rule.meta.ns.value, rule.export_to);
        if (!owner || rule.meta.flawed || owner->meta().flawed) continue;
        for (const Subset& subset : rule.subsets) {
            check_pods(model, *owner, host, subset, findings);
        }
    }
}

void check_authorities(const Model& model, Findings& findings) {
    for (const DestinationRule& rule : model.manifest.destination_rules) {
        for (const ClientTls& tls : rule.tls) {
            const bool checks = tls.mode.value == "SIMPLE" || tls.mode.value == "MUTUAL";
            const bool by_secret = tls.has_credential && rule.selector.has_value();
            if (!checks || tls.has_authority || by_secret) continue;
            const std::string_view code = tls.port ? code::kNoAuthorityAtPort : code::kNoAuthority;
            if (tls.has_credential) {
                findings.add(Level::info, code, tls.mode.at,
                             "sidecars do not read credentialName without a workloadSelector",
                             "only gateways ask the Secret who vouches for the host",
                             "write a workloadSelector, if sidecars are clients");
                continue;
            }
            findings.add(Level::warning, code, tls.mode.at,
                         fmt::format("nothing says who vouches for {}{}", quote(rule.host.value),
                                     tls.port ? fmt::format(" at port {}", tls.port->value) : ""),
                         "the authorities of the proxy's own system are asked then; where "
                         "insecureSkipVerify is set, nobody",
                         "write caCertificates: system, or the path of a file");
        }
    }
}

void check_ways(const Model& model, Findings& findings) {
    const DestinationRules rules(model.manifest, model.options.environment);
    OnTheWays checker(rules, findings);
    for (const Reached& reached : model.reached) {
        for (const Target& target : reached.chain->targets) {
            checker.check(*reached.chain, target);
        }
    }
}

}  // namespace sni::analyze
