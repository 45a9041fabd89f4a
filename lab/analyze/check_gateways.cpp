// Istio's Gateways: hosts that two of them want, ports that nothing leads to, and Secrets.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/core/encoding.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/lookup/pods.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

/// Which pods serve a Gateway: their indices, or the selector's text where none is known.
std::vector<std::string> pods_of(const Gateway& gateway, const std::vector<GatewayPods>& all) {
    const Labels& selector = gateway.selector.value;
    std::vector<std::string> pods;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (has_labels(all[i].labels, selector)) pods.push_back(std::to_string(i));
    }
    if (!pods.empty()) return pods;
    std::string text;
    for (const auto& [key, value] : selector) {
        text += fmt::format("{}={},", key, value);
    }
    return {text};
}

/// The TCP ports by which Services reach the pods that a selector takes.
class GatewayPorts {
  public:
    explicit GatewayPorts(const Model& model) : model_(model) {
        for (const Service& service : model.manifest.services) {
            const Labels& selector = service.selector.value;
            if (selector.empty()) continue;
            const auto& [key, value] = *selector.begin();
            by_label_[{service.meta.ns.value, key, value}].push_back(&service);
        }
        for (const Deployment& deployment : model.manifest.deployments) {
            if (deployment.replicas.value == 0) continue;  // no pod of it runs
            for (const auto& [key, value] : deployment.pod.labels.value) {
                pods_[{key, value}].push_back(&deployment);
            }
        }
    }

    struct Found {
        bool pods = false;
        bool assumed = false;  ///< the ports are those of every installation; no file says so
        std::set<std::int64_t> ports;
    };

    /// nullptr where no pod is known.
    const Found* of(const Labels& selector) {
        const auto [slot, fresh] = known_.try_emplace(selector);
        Found& found = slot->second;
        if (fresh) look_up(selector, found);
        return found.pods ? &found : nullptr;
    }

  private:
    void look_up(const Labels& selector, Found& found) const {
        const Options& options = model_.options;
        if (has_labels(gateway_labels(options.environment), selector)) {
            found.pods = true;
            // What every installation has; a Service of that name in the files takes its place.
            if (!model_.services.at(options.environment.gateway_namespace +
                                    "/istio-ingressgateway")) {
                found.ports = {80, 443, 15443, 31400};
                found.assumed = true;
            }
            const std::size_t before = found.ports.size();
            add_ports(options.environment.gateway_namespace, gateway_labels(options.environment),
                      found.ports);
            found.assumed = found.assumed && found.ports.size() == before;
        }
        for (const Deployment* deployment : candidates(selector)) {
            const Labels& labels = deployment->pod.labels.value;
            if (!has_labels(labels, selector)) continue;
            found.pods = true;
            add_ports(deployment->meta.ns.value, labels, found.ports);
        }
    }

    std::vector<const Deployment*> candidates(const Labels& selector) const {
        if (selector.empty()) return {};
        const auto found = pods_.find(*selector.begin());
        return found == pods_.end() ? std::vector<const Deployment*>() : found->second;
    }

    void add_ports(const std::string& ns, const Labels& labels,
                   std::set<std::int64_t>& ports) const {
        for (const auto& [key, value] : labels) {
            const auto services = by_label_.find({ns, key, value});
            if (services == by_label_.end()) continue;
            for (const Service* service : services->second) {
                if (!has_labels(labels, service->selector.value)) continue;
                for (const ServicePort& port : service->ports) {
                    if (port.protocol.value != "TCP") continue;
                    ports.insert(port.port.value);
                    if (const auto* target = std::get_if<Number>(&port.target)) {
                        ports.insert(target->value);
                    }
                }
            }
        }
    }

    const Model& model_;
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<const Service*>>
        by_label_;
    std::map<std::pair<std::string, std::string>, std::vector<const Deployment*>> pods_;
    std::map<Labels, Found> known_;
};

void report_conflict(Findings& findings, const Text& host, const Server& server, const Gateway& own,
                     const Gateway& other) {
    const std::string& protocol = server.protocol.value;
    const bool merged = protocol != "TLS" && protocol != "HTTPS";
    findings.error(is_conflict_to_istio(server, own, other) ? manifest::code::kGatewayConflict
                                                            : manifest::code::kPortConflict,
                   host.at,
                   fmt::format("the host {} on port {} is Gateway {}'s too", quote(host.value),
                               server.port.value, quote(other.meta.path())),
                   merged
                       ? "both select the same pods, where the two servers become one: routes of "
                         "either Gateway's VirtualServices mix"
                       : "both select the same pods; the older Gateway keeps the host, and Istio "
                         "skips the other one's server",
                   "name each host in one Gateway only");
}

/// Where the pods are that a Gateway selects: those of the files, else the ingress gateway's own.
std::set<std::string> pod_namespaces(const Model& model, const Gateway& gateway) {
    std::set<std::string> namespaces;
    const Labels& selector = gateway.selector.value;
    for (const Deployment& deployment : model.manifest.deployments) {
        if (selector.empty() || !has_labels(deployment.pod.labels.value, selector)) continue;
        namespaces.insert(deployment.meta.ns.value);
    }
    if (namespaces.empty()) namespaces.insert(model.options.environment.gateway_namespace);
    return namespaces;
}

/// A Secret in another namespace is a mistake. One that no file holds is what people are told to
/// do.
void report_no_secret(const Model& model, const std::string& ns, const Text& name,
                      Findings& findings) {
    const auto elsewhere = std::ranges::find_if(model.manifest.secrets, [&](const Secret& secret) {
        return secret.meta.name.value == name.value;
    });
    const bool wrong = elsewhere != model.manifest.secrets.end();
    std::string why = "a gateway reads its certificates from the namespace of its own pods";
    if (wrong) why += fmt::format("; there is one in {}", quote(elsewhere->meta.ns.value));
    findings.add(
        wrong ? Level::error : Level::info, manifest::code::kNotFound, name.at,
        wrong ? fmt::format("there is no Secret {} in namespace {}", quote(name.value), quote(ns))
              : fmt::format("Secret {} of namespace {} is not in these files", quote(name.value),
                            quote(ns)),
        std::move(why),
        fmt::format("kubectl create -n {} secret tls {} --cert=tls.crt --key=tls.key",
                    command_word(ns, "NAMESPACE"), command_word(name.value, "NAME")));
}

void check_secret(const Model& model, const std::string& ns, const Server& server, const Text& name,
                  Findings& findings) {
    const auto found = model.secrets.find(ns + "/" + name.value);
    if (found == model.secrets.end()) return report_no_secret(model, ns, name, findings);
    const Secret& secret = *found->second;
    if (secret.meta.flawed || !model.options.inspect) return;
    const auto value = [&](const char* key, const char* old) -> const std::string* {
        auto data = secret.data.find(key);
        if (data == secret.data.end()) data = secret.data.find(old);
        return data == secret.data.end() ? nullptr : &data->second;
    };
    const std::string* cert = value("tls.crt", "cert");
    const std::string* key = value("tls.key", "key");
    const auto report = [&](std::string why) {
        findings.error(
            code::kBadCredential, name.at,
            fmt::format("the gateway cannot use Secret {}", quote(secret.meta.path())),
            std::move(why),
            fmt::format("put a certificate and its key into it for port {}", server.port.value));
    };
    if (!cert || !key) return report(fmt::format("it has no {}", cert ? "tls.key" : "tls.crt"));
    const CertPair pair = model.options.inspect(*cert, *key);
    if (!pair.cert_problem.empty()) return report(pair.cert_problem);
    if (!pair.key_problem.empty()) return report(pair.key_problem);
    if (pair.mismatch) return report("its key belongs to another certificate");
    const CertFacts& leaf = pair.chain.front();
    if (match_dates(leaf, model.options.now) == Dates::expired) {
        report("its certificate expired on " + to_string(leaf.not_after));
    }
}

}  // namespace

void check_gateway_conflicts(const Model& model, Findings& findings) {
    struct Claim {
        const Gateway* gateway = nullptr;
        const Text* host = nullptr;
        const Server* server = nullptr;
        bool reported = false;
    };
    using Listener = std::tuple<std::string, std::int64_t, std::string>;
    std::map<Listener, std::unordered_map<std::string, Claim>> claims;
    const std::vector<GatewayPods> all = gateway_pods(model.manifest, model.options.environment);
    for (const Gateway& gateway : model.manifest.gateways) {
        for (const std::string& pods : pods_of(gateway, all)) {
            for (const Server& server : gateway.servers) {
                auto& owners = claims[{pods, server.port.value, server.bind}];
                for (const Text& host : server.hosts) {
                    const auto [slot, fresh] = owners.try_emplace(
                        server_host(host.value, gateway.meta.ns.value).text(),
                        Claim{.gateway = &gateway, .host = &host, .server = &server});
                    Claim& first = slot->second;
                    if (fresh || first.gateway == &gateway) continue;
                    if (!first.reported) {
                        report_conflict(findings, *first.host, *first.server, *first.gateway,
                                        gateway);
                    }
                    first.reported = true;
                    report_conflict(findings, host, server, gateway, *first.gateway);
                }
            }
        }
    }
}

void check_gateway_ports(const Model& model, Findings& findings) {
    GatewayPorts ports(model);
    for (const Gateway& gateway : model.manifest.gateways) {
        const GatewayPorts::Found* found = ports.of(gateway.selector.value);
        if (!found) continue;  // routing says that there is no pod
        for (const Server& server : gateway.servers) {
            const std::set<std::int64_t>& known = found->ports;
            if (server.port.value == 0 || known.contains(server.port.value)) continue;
            constexpr std::size_t kShown = 8;
            std::vector<std::int64_t> shown(known.begin(), known.end());
            if (shown.size() > kShown) shown.resize(kShown);
            findings.add(
                found->assumed ? Level::info : Level::warning, code::kPortNotOnService,
                server.port.at,
                found->assumed
                    ? fmt::format("port {} is none that Istio's own gateway Service has, and no "
                                  "other Service of its pods is in these files",
                                  server.port.value)
                    : fmt::format("no Service of the gateway's pods has port {}",
                                  server.port.value),
                shown.empty() ? std::string("no Service selects them")
                              : fmt::format("their Service has {}", fmt::join(shown, ", ")),
                "write one of its ports here, or add this one to the Service");
        }
    }
}

void report_trailing_dot(Findings& findings, Spot at, std::string_view host) {
    findings.add(Level::warning, code::kTrailingDot, at,
                 fmt::format("no connection comes with the SNI {}", quote(host)),
                 "RFC 6066 allows no dot at its end, and clients leave it out",
                 "write the name without the dot at its end");
}

void check_gateway_hosts(const Model& model, Findings& findings) {
    for (const Gateway& gateway : model.manifest.gateways) {
        for (const Server& server : gateway.servers) {
            if (server.tls != TlsMode::passthrough) continue;
            for (const Text& text : server.hosts) {
                const std::string host = server_host(text.value, gateway.meta.ns.value).host;
                if (host.ends_with('.')) report_trailing_dot(findings, text.at, host);
                if (!is_ip_address(host)) continue;
                findings.add(
                    Level::warning, code::kIp, text.at,
                    fmt::format("{} is an address, and no client sends one as SNI", quote(host)),
                    "RFC 6066 allows only names there, and PASSTHROUGH has nothing else "
                    "to go by",
                    "write the name that clients use");
            }
        }
    }
}

void check_credentials(const Model& model, Findings& findings) {
    for (const Gateway& gateway : model.manifest.gateways) {
        const std::set<std::string> namespaces = pod_namespaces(model, gateway);
        for (const Server& server : gateway.servers) {
            const bool passed_on = server.tls == TlsMode::passthrough;
            for (const Text& name : server.credentials) {
                if (!passed_on) {
                    for (const std::string& ns : namespaces) {
                        check_secret(model, ns, server, name, findings);
                    }
                    continue;
                }
                // Where the mode was left out, the reader asks what was meant.
                if (!server.mode_given) continue;
                findings.add(
                    Level::warning, code::kCertInGateway, name.at,
                    fmt::format("Secret {} would lie beside a gateway that has no use for it",
                                quote(name.value)),
                    "PASSTHROUGH is worth something because the gateway's namespace holds no key",
                    fmt::format("keep the Secret in the backend's namespace only"));
            }
        }
    }
}

}  // namespace sni::analyze
