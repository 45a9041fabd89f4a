#include "lab/export/cluster/namespaces.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/export/workloads.h"
#include "lab/lookup/destination_rules.h"
#include "lab/lookup/pods.h"
#include "lab/routing/gateway_api/gateway_api_routes.h"

namespace sni::exporting {

namespace {

/// Secrets have steps of their own.
bool goes_along(const manifest::Document& document) {
    return document.kind != "Secret" && !document.apart;
}

}  // namespace

std::string apply_namespace(const manifest::Manifest& manifest,
                            const std::string& default_namespace) {
    const bool any = std::ranges::any_of(manifest.documents, [](const manifest::Document& each) {
        return each.unnamed && goes_along(each);
    });
    return any ? default_namespace : std::string();
}

bool are_elsewhere(const manifest::Manifest& manifest, const std::string& ns) {
    return std::ranges::any_of(manifest.documents, [&](const manifest::Document& each) {
        return !each.ns.empty() && each.ns != ns && goes_along(each);
    });
}

std::set<std::string> gateway_namespaces(const manifest::Manifest& manifest,
                                         const lookup::Environment& environment,
                                         const std::vector<EntryPoint>& edges, ClusterApi api) {
    std::set<std::string> all = {environment.gateway_namespace};
    for (const manifest::Gateway& gateway : manifest.gateways) {
        const manifest::Labels& selector = gateway.selector.value;
        for (const manifest::Deployment& pods : manifest.deployments) {
            const bool selects =
                !selector.empty() && lookup::has_labels(pods.pod.labels.value, selector);
            if (selects) all.insert(pods.meta.ns.value);
        }
    }
    for (const EntryPoint& edge : edges) {
        if (api == ClusterApi::gateway) all.insert(edge.ns);
    }
    return all;
}

std::vector<std::string> missing_namespaces(const manifest::Manifest& manifest,
                                            const std::set<std::string>& known) {
    std::set<std::string> missing;
    for (const manifest::Document& document : manifest.documents) {
        if (!document.ns.empty() && !document.apart) missing.insert(document.ns);
    }
    for (const manifest::Namespace& ns : manifest.namespaces) {
        missing.erase(ns.meta.name.value);
    }
    for (const std::string& name : known) {
        missing.erase(name);
    }
    return {missing.begin(), missing.end()};
}

namespace {

namespace api = manifest::api;

class Trusting {
  public:
    explicit Trusting(const manifest::Manifest& manifest) : manifest_(manifest) {
        for (const manifest::Namespace& ns : manifest.namespaces) {
            known_.insert(ns.meta.name.value);
        }
    }

    /// What `whose` asks of the namespace.
    void add(const std::string& ns, const std::vector<api::LabelTest>& tests,
             const std::string& whose) {
        if (known_.contains(ns)) return;
        for (const api::LabelTest& test : tests) {
            if (test.key == "kubernetes.io/metadata.name" || !test.is_valid()) continue;
            if (test.op == "NotIn" || test.op == "DoesNotExist") continue;  // passed without it
            const bool one = test.op == "In" && test.values.size() == 1;
            if (one) {
                add(ns, test.key, test.values.front(), whose);
            } else {
                note(ns, fmt::format("{} asks for a label {} of namespace {}, which is not in the "
                                     "files: kubectl label namespace {} {}=VALUE",
                                     whose, test.key, ns, ns, test.key));
            }
        }
    }

    void add(const std::string& ns, const std::string& key, const std::string& value,
             const std::string& whose) {
        if (known_.contains(ns)) return;
        const auto [label, fresh] = all_[ns].labels.emplace(key, value);
        note(ns, label->second == value
                     ? fmt::format("namespace {} is not in the files, and is written with the "
                                   "label {}={}, on which {} relies",
                                   ns, key, value, whose)
                     : fmt::format("namespace {} cannot have both {}={} and, as {} asks, {}", ns,
                                   key, label->second, whose, value));
    }

    /// Listeners of the Gateway API where it comes to them.
    void add(const api::Route& route) {
        for (const api::ParentRef& parent : route.parents) {
            const auto look = [&](std::string_view kind, const manifest::Meta& meta,
                                  const std::vector<api::Listener>& listeners) {
                if (kind != parent.to.kind.value || meta.path() != parent.to.path()) return;
                for (const api::Listener& listener : listeners) {
                    if (is_meant(parent, listener) && !routing::names_at(listener, route).empty())
                        add(route.meta.ns.value, listener.namespaces,
                            fmt::format("{} {}", kind, meta.path()));
                }
            };
            for (const api::Gateway& gateway : manifest_.api_gateways) {
                look("Gateway", gateway.meta, gateway.listeners);
            }
            for (const api::ListenerSet& set : manifest_.listener_sets) {
                look(set.kind, set.meta, set.listeners);
            }
        }
    }

    void add(const api::ListenerSet& set) {
        for (const api::Gateway& gateway : manifest_.api_gateways) {
            const bool parent = gateway.meta.path() == set.parent.to.path();
            if (parent && gateway.listener_sets == api::From::selector)
                add(set.meta.ns.value, gateway.set_namespaces, "Gateway " + gateway.meta.path());
        }
    }

    std::map<std::string, Trust> take() { return std::move(all_); }

  private:
    static bool is_meant(const api::ParentRef& parent, const api::Listener& listener) {
        return listener.from == api::From::selector &&
               (parent.section.value.empty() || parent.section.value == listener.name.value) &&
               (!parent.port || parent.port->value == listener.port.value);
    }

    void note(const std::string& ns, std::string sentence) {
        std::vector<std::string>& notes = all_[ns].notes;
        if (std::ranges::find(notes, sentence) == notes.end()) notes.push_back(std::move(sentence));
    }

    const manifest::Manifest& manifest_;
    std::set<std::string> known_;
    std::map<std::string, Trust> all_;
};

}  // namespace

std::map<std::string, Trust> trusted_namespaces(const manifest::Manifest& manifest,
                                                const routing::Listeners& listeners,
                                                const lookup::Environment& environment,
                                                ClusterApi api) {
    Trusting trusting(manifest);
    if (api == ClusterApi::gateway) {
        for (const auto* routes : {&manifest.tls_routes, &manifest.other_routes}) {
            for (const manifest::api::Route& route : *routes) {
                trusting.add(route);
            }
        }
        for (const manifest::api::ListenerSet& set : manifest.listener_sets) {
            trusting.add(set);
        }
    }
    const lookup::DestinationRules rules(manifest, environment);
    for (const routing::Listener& listener : listeners.all) {
        for (const routing::FilterChain& chain : listener.chains) {
            for (const lookup::Target& target : chain.targets) {
                const lookup::OnTheWay way = rules.on_the_way(target, chain.proxy_ns);
                const bool opened = way.tls && way.tls->mode.value == "ISTIO_MUTUAL" &&
                                    way.injected == lookup::Injected::unknown;
                const std::string ns = lookup::service_namespace(way.host);
                if (opened && !ns.empty())
                    trusting.add(ns, "istio-injection", "enabled",
                                 "DestinationRule " + way.rule->meta.path());
            }
        }
    }
    return trusting.take();
}

std::string namespace_document(std::string_view name, const manifest::Labels& labels) {
    const std::string written =
        labels.empty() ? std::string() : "  labels:\n" + label_lines(labels, "    ");
    return fmt::format(
        "apiVersion: v1\n"
        "kind: Namespace\n"
        "metadata:\n"
        "  creationTimestamp: null\n"
        "{}"
        "  name: {}\n"
        "spec: {{}}\n"
        "status: {{}}\n",
        written, name);
}

}  // namespace sni::exporting
