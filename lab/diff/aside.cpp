#include "lab/diff/aside.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/lookup/pods.h"
#include "lab/manifest/documents/said.h"
#include "lab/routing/istio/gateway_path.h"

namespace sni::diff {

using lookup::GatewayPods;
namespace api = manifest::api;

namespace {

std::string text_of(std::string_view kind, const manifest::Meta& meta) {
    return fmt::format("{} \"{}\"", kind, meta.path());
}

std::string flag_of(const manifest::Labels& labels) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : labels) {
        pairs.push_back(fmt::format("{}={}", printable(key), printable(value)));
    }
    return fmt::format("{}", fmt::join(pairs, ","));
}

class Collector {
  public:
    explicit Collector(const Side& side) : side_(side), manifest_(side.manifest) {
        const lookup::Environment environment = lookup::settled(manifest_, side.environment);
        pods_ = lookup::gateway_pods(manifest_, environment);
        for (const manifest::Gateway& gateway : manifest_.gateways) {
            gateways_.insert(gateway.meta.path());
        }
        for (const api::Gateway& gateway : manifest_.api_gateways) {
            gateways_.insert(gateway.meta.path());
            parents_.insert("Gateway " + gateway.meta.path());
        }
        for (const api::ListenerSet& set : manifest_.listener_sets) {
            parents_.insert(set.kind + " " + set.meta.path());
        }
    }

    std::vector<Aside> run() {
        for (const manifest::Gateway& gateway : manifest_.gateways) {
            add(gateway);
        }
        for (const manifest::VirtualService& service : manifest_.virtual_services) {
            add(service);
        }
        for (const api::Gateway& gateway : manifest_.api_gateways) {
            add(gateway);
        }
        for (const api::ListenerSet& set : manifest_.listener_sets) {
            add(set.kind, set.meta, set.parent);
        }
        for (const auto* routes : {&manifest_.tls_routes, &manifest_.other_routes}) {
            for (const api::Route& route : *routes) {
                add(route);
            }
        }
        for (const manifest::Entrance& entrance : manifest_.entrances) {
            for (const manifest::EntranceAside& aside : entrance.aside) {
                add(aside.at, entrance.text(), aside.what, {});
            }
        }
        for (const manifest::Text& kind : manifest_.may_matter) {
            add(kind.at, kind.value, "all of it",
                "the kind is not read, and may decide what a gateway passes on");
        }
        for (const manifest::Unread& unread : manifest_.unread) {
            asides_.push_back({.place = unread.place,
                               .object = unread.object,
                               .what = unread.what,
                               .why = "nobody looked at these manifests; " + unread.remedy});
        }
        return std::move(asides_);
    }

  private:
    void add(const manifest::Gateway& gateway) {
        const manifest::Labels& selector = gateway.selector.value;
        const auto selects = [&](const GatewayPods& pods) {
            return lookup::has_labels(pods.labels, selector);
        };
        if (std::ranges::any_of(pods_, selects)) return;
        const std::string labels = flag_of(selector);
        add(gateway.selector.at, text_of("Gateway", gateway.meta), "all of it",
            fmt::format("no gateway pod of these files has {0}; add the Deployment with these "
                        "pods, or give --gateway-labels {0}, once more for each other gateway",
                        labels));
    }

    /// What http rules do at a gateway is not compared anywhere.
    void add(const manifest::VirtualService& service) {
        if (service.tls.empty() && !service.tcp) return;
        std::set<std::string> named;
        for (const manifest::Text& name : service.gateways) {
            const std::string path = routing::gateway_path(name.value, service.meta.ns.value);
            if (name.value == "mesh" || gateways_.contains(path) || !named.insert(path).second)
                continue;
            add(name.at, text_of("VirtualService", service.meta),
                fmt::format("Gateway \"{}\"", path), std::string(kElsewhere));
        }
    }

    void add(const api::Gateway& gateway) {
        const std::optional<std::string>& wanted = side_.environment.gateway_class;
        const std::string& own = gateway.class_name.value;
        if (!wanted || *wanted == own) return;
        add(gateway.class_name.at, text_of("Gateway", gateway.meta), "all of it",
            fmt::format("its class is \"{}\"; give --class {}, or none", own, own));
    }

    void add(const api::Route& route) {
        if (route.kind != "TLSRoute" && route.kind != "TCPRoute") return;
        for (const api::ParentRef& parent : route.parents) {
            add(route.kind, route.meta, parent);
        }
    }

    void add(std::string_view kind, const manifest::Meta& meta, const api::ParentRef& parent) {
        const api::Reference& to = parent.to;
        const bool gateway = to.kind.value == "Gateway" || to.kind.value.ends_with("ListenerSet");
        if (!gateway || parents_.contains(to.kind.value + " " + to.path())) return;
        add(to.name.at, text_of(kind, meta), fmt::format("{} \"{}\"", to.kind.value, to.path()),
            std::string(kElsewhere));
    }

    void add(manifest::Spot at, std::string object, std::string what, std::string why) {
        asides_.push_back({.place = manifest::place_of(manifest_.files, at),
                           .object = std::move(object),
                           .what = std::move(what),
                           .why = std::move(why)});
    }

    static constexpr std::string_view kElsewhere =
        "it is not in these files; give a folder that has it, too";

    const Side& side_;
    const manifest::Manifest& manifest_;
    std::vector<GatewayPods> pods_;
    std::set<std::string> gateways_;  // "ns/name", of both APIs
    std::set<std::string> parents_;   // "Gateway ns/name"
    std::vector<Aside> asides_;
};

using manifest::Unseen;

template <class T>
std::multiset<std::string> said_by(const std::vector<T>& all, auto counts) {
    std::multiset<std::string> texts;
    for (const T& each : all) {
        if (counts(each)) texts.insert(each.said);
    }
    return texts;
}

bool do_differ(const manifest::Manifest& old, const manifest::Manifest& now, auto counts) {
    return said_by(old.unseen, counts) != said_by(now.unseen, counts);
}

/// What makes manifests, or a part of that.
bool do_makers_differ(const manifest::Manifest& old, const manifest::Manifest& now) {
    std::vector<std::string_view> makers;
    for (const manifest::Manifest* side : {&old, &now}) {
        for (const manifest::Unread& unread : side->unread) {
            if (unread.place.line > 0) makers.push_back(unread.said);
        }
    }
    const auto is_known = [](const manifest::Unread& unread) { return !unread.said.empty(); };
    const auto is_part = [&](const Unseen& unseen) {
        return unseen.role == Unseen::Role::part && !makers.empty() &&
               (unseen.name.empty() || std::ranges::any_of(makers, [&](std::string_view said) {
                    return manifest::does_say(said, unseen.name);
                }));
    };
    return said_by(old.unread, is_known) != said_by(now.unread, is_known) ||
           do_differ(old, now, is_part);
}

}  // namespace

std::string undecided(const manifest::Manifest& old, const manifest::Manifest& now) {
    const auto is_unknown = [](const manifest::Unread& unread) { return unread.said.empty(); };
    if (do_makers_differ(old, now))
        return "what makes manifests differs, and nobody looked at these";
    if (std::ranges::any_of(old.unread, is_unknown) || std::ranges::any_of(now.unread, is_unknown))
        return "what makes manifests may differ, since nobody looked at all of it";
    const auto is_edition = [](const Unseen& each) { return each.role == Unseen::Role::edition; };
    if (do_differ(old, now, is_edition))
        return "what kustomize's folders make of one object differs, and only the first of them "
               "was looked at";
    const auto is_filter = [](const Unseen& each) { return each.role == Unseen::Role::filter; };
    if (do_differ(old, now, is_filter))
        return "what may change all that a gateway does (an EnvoyFilter) differs, and nobody reads "
               "it";
    return {};
}

std::vector<Aside> asides(const Side& side) {
    return Collector(side).run();
}

}  // namespace sni::diff
