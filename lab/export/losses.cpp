#include "lab/export/losses.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lab/core/duration.h"
#include "lab/core/encoding.h"

namespace sni::exporting {

namespace {

using manifest::Manifest;
using routing::FilterChain;

/// `Gateway "ns/name"`.
std::string called(std::string_view kind, const manifest::Meta& meta) {
    return fmt::format("{} \"{}\"", kind, printable(meta.path()));
}

class Losses {
  public:
    Losses(const Manifest& manifest, const routing::Listeners& listeners)
        : manifest_(manifest), listeners_(listeners) {
        for (const routing::Listener& listener : listeners.all) {
            for (const FilterChain& chain : listener.chains) {
                chains_.push_back(&chain);
                if (chain.ends == FilterChain::Ends::backend)
                    passed_[{chain.rule.kind, chain.rule.path()}].push_back(&chain);
            }
        }
    }

    void add_istio() {
        for (const manifest::Gateway& gateway : manifest_.gateways) {
            add(gateway);
        }
        for (const manifest::VirtualService& service : manifest_.virtual_services) {
            add(service);
        }
    }

    void add_gateway_api() {
        for (const auto& one : manifest_.gateway_classes) {
            note(fmt::format("GatewayClass \"{}\" has no equal there and is left out",
                             printable(one.meta.name.value)));
        }
        for (const auto& gateway : manifest_.api_gateways) {
            add(gateway);
        }
        for (const auto& set : manifest_.listener_sets) {
            note(
                fmt::format("{} has no equal there: its listeners become servers of the Gateway "
                            "that it adds to",
                            called("ListenerSet", set.meta)));
        }
        for (const auto& route : manifest_.tls_routes) {
            add(route);
        }
        for (const auto& route : manifest_.other_routes) {
            note(
                fmt::format("{} stays, and has no Gateway there: only TLS that is passed on by "
                            "its name is carried over",
                            called(route.kind, route.meta)));
        }
        for (const auto& grant : manifest_.reference_grants) {
            note(fmt::format("{} is left out: nobody asks for one there",
                             called("ReferenceGrant", grant.meta)));
        }
    }

    void add_rules() {
        for (const auto& rule : manifest_.destination_rules) {
            const bool tls = !rule.tls.empty() || std::ranges::any_of(rule.subsets, [](auto& s) {
                return !s.tls.empty();
            });
            note(
                fmt::format("{} is not carried over{}", called("DestinationRule", rule.meta),
                            tls ? ": what it does to TLS on the way to the pods is not done" : ""));
        }
    }

    void add_taken() {
        for (const routing::Lost& lost : listeners_.lost) {
            for (const std::string& name : lost.names) {
                const std::string why = lost.why.empty()
                                            ? fmt::format("{} has {} already", lost.winner.text(),
                                                          printable(lost.taken))
                                            : lost.why;
                note(fmt::format("{}: the name {} of port {} is not carried over, since {}",
                                 lost.rule.text(), printable(name), lost.port, why));
            }
        }
    }

    std::vector<std::string> take() { return std::move(notes_); }

  private:
    void note(std::string sentence) {
        if (said_.insert(sentence).second) notes_.push_back(std::move(sentence));
    }

    bool any_chain(const auto& fits) const {
        return std::ranges::any_of(chains_, [&](const FilterChain* chain) { return fits(*chain); });
    }

    /// PASSTHROUGH by a rule of this object.
    const std::vector<const FilterChain*>& passed_by(const char* kind,
                                                     const manifest::Meta& meta) const {
        static const std::vector<const FilterChain*> kNone;
        const auto found = passed_.find({kind, meta.path()});
        return found == passed_.end() ? kNone : found->second;
    }

    std::string why_closed(std::int64_t port) const {
        const auto closed = listeners_.closed.find(static_cast<std::uint16_t>(port));
        return closed == listeners_.closed.end() ? "no rule leads anywhere from it"
                                                 : closed->second;
    }

    void add(const manifest::Gateway& gateway) {
        std::set<std::int64_t> missing;
        for (const manifest::Server& server : gateway.servers) {
            const bool carried = any_chain([&](const FilterChain& chain) {
                return !chain.passes_by("TLSRoute") && chain.gateway == gateway.meta.path() &&
                       chain.port == server.port.value;
            });
            if (!carried) missing.insert(server.port.value);
        }
        const std::string name = called("Gateway", gateway.meta);
        if (missing.size() == gateway.servers.size() && !missing.empty()) {
            return note(
                fmt::format("{} is not carried over: {}", name, why_closed(*missing.begin())));
        }
        for (const std::int64_t port : missing) {
            note(fmt::format("{}: port {} is not carried over: {}", name, port, why_closed(port)));
        }
    }

    void add(const manifest::VirtualService& service) {
        if (!service.is_for_gateways()) return;  // of the mesh, and nobody takes it for a gateway's
        const std::string name = called("VirtualService", service.meta);
        const auto& chains = passed_by("VirtualService", service.meta);
        if (chains.empty()) {
            return note(fmt::format("{} is not carried over: {}", name,
                                    service.tls.empty()
                                        ? "it has no tls rule, and only those are about passthrough"
                                        : "no tls rule of it leads anywhere from a gateway here"));
        }
        if (service.http || service.tcp) {
            note(fmt::format("{} has rules for HTTP or TCP, which are left out", name));
        }
        if (service.is_for_mesh())
            note(fmt::format("{} is for the mesh, too, and that part is left out", name));
        for (const manifest::TlsRoute& rule : service.tls) {
            add(rule, chains, name);
        }
    }

    void add(const manifest::TlsRoute& rule, const std::vector<const FilterChain*>& chains,
             const std::string& name) {
        for (const manifest::Destination& destination : rule.destinations) {
            if (destination.subset.value.empty()) continue;
            note(fmt::format("{}: the subset {} of {} is not carried over, and all its pods share",
                             name, printable(destination.subset.value),
                             printable(destination.host.value)));
        }
        for (const manifest::TlsMatch& match : rule.matches) {
            for (const manifest::Text& sni : match.sni_hosts) {
                const bool carried = std::ranges::any_of(chains, [&](const FilterChain* chain) {
                    return chain->takes_all() ||
                           std::ranges::find(chain->names, sni.value, &manifest::Text::value) !=
                               chain->names.end();
                });
                if (carried) continue;
                note(fmt::format("{}: {} leads nowhere and is not carried over", name,
                                 printable(sni.value)));
            }
        }
    }

    void add(const manifest::api::Gateway& gateway) {
        const std::string name = called("Gateway", gateway.meta);
        std::size_t missing = 0;
        std::vector<std::string> notes;
        for (const manifest::api::Listener& listener : gateway.listeners) {
            const bool carried = any_chain([&](const FilterChain& chain) {
                return chain.passes_by("TLSRoute") && chain.gateway == gateway.meta.path() &&
                       chain.port == listener.port.value;
            });
            if (carried) continue;
            ++missing;
            notes.push_back(fmt::format("{}: listener {} ({}) is not carried over: {}", name,
                                        printable(listener.name.value),
                                        printable(listener.protocol.value),
                                        why_closed(listener.port.value)));
        }
        if (missing == gateway.listeners.size() && missing > 0) {
            return note(fmt::format("{} is not carried over: {}", name,
                                    why_closed(gateway.listeners.front().port.value)));
        }
        for (std::string& sentence : notes) {
            note(std::move(sentence));
        }
    }

    void add(const manifest::api::Route& route) {
        const std::string name = called("TLSRoute", route.meta);
        if (passed_by("TLSRoute", route.meta).empty()) {
            return note(fmt::format("{} is not carried over: no listener takes it", name));
        }
    }

    const Manifest& manifest_;
    const routing::Listeners& listeners_;
    std::vector<const FilterChain*> chains_;
    /// By kind and path of the object whose rule it is.
    std::map<std::pair<std::string, std::string>, std::vector<const FilterChain*>> passed_;
    std::vector<std::string> notes_;
    std::set<std::string> said_;
};

}  // namespace

std::vector<std::string> losses(const Manifest& manifest, const routing::Listeners& listeners,
                                const Rewritten& rewritten) {
    Losses all(manifest, listeners);
    if (rewritten.istio) all.add_istio();
    if (rewritten.gateway_api) all.add_gateway_api();
    if (rewritten.everything) all.add_rules();
    if (rewritten.istio || rewritten.gateway_api) all.add_taken();
    return all.take();
}

std::vector<std::string> lab_losses(const scenario::LabFile& lab) {
    std::vector<std::string> notes;
    const auto gate = [&](const scenario::GateSetting& setting, const std::string& what) {
        notes.push_back(
            fmt::format("lab.yaml: {} of port {} is not carried over: a cluster has it "
                        "in the gateway's own configuration",
                        what, setting.port));
    };
    for (const scenario::GateSetting& setting : lab.gates) {
        if (setting.hello_timeout) {
            gate(setting, "hello-timeout " + to_string(*setting.hello_timeout));
        }
        if (setting.idle_timeout) gate(setting, "idle-timeout " + to_string(*setting.idle_timeout));
        if (setting.proxy_protocol != 0) {
            gate(setting, fmt::format("proxy-protocol v{}", setting.proxy_protocol));
        }
        if (setting.accept_proxy) gate(setting, "accept-proxy");
        if (setting.forgery != scenario::Forgery::none) {
            notes.push_back(fmt::format("lab.yaml: the forgery {} of port {} is not carried over",
                                        to_string(setting.forgery), setting.port));
        }
    }
    for (const scenario::BackendSetting& setting : lab.backends) {
        const auto pod = [&](std::string_view what) {
            notes.push_back(fmt::format("lab.yaml: {} of {} is not carried over", what,
                                        printable(setting.backend)));
        };
        if (setting.fault == scenario::BackendSetting::Fault::down) pod("fault down");
        if (setting.fault == scenario::BackendSetting::Fault::hang) pod("fault hang");
        if (setting.client_certificate) pod("client-certificate");
        if (setting.accept_proxy) pod("accept-proxy");
    }
    return notes;
}

std::vector<std::string> certificate_losses(const scenario::LabFile& lab) {
    std::vector<std::string> notes;
    notes.reserve(lab.certificates.size());
    for (const scenario::CertificateRecipe& recipe : lab.certificates) {
        notes.push_back(
            fmt::format("lab.yaml: how the certificate of Secret {} is made is not "
                        "carried over; the commands make an ordinary one",
                        printable(recipe.secret)));
    }
    return notes;
}

}  // namespace sni::exporting
