#include "lab/export/cluster/convert.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/export/cluster/convert_parts.h"
#include "lab/export/cluster/written_anew.h"
#include "lab/export/losses.h"
#include "lab/lookup/services.h"
#include "lab/route/host_pattern.h"

namespace sni::exporting {

using lookup::Target;
using routing::FilterChain;

Converter::Converter(const manifest::Manifest& manifest, const routing::Listeners& listeners,
                     const lookup::Environment& environment, Converted& into)
    : listeners_(listeners), environment_(environment), into_(into) {
    for (const manifest::Document& document : manifest.documents) {
        if (!into.replaced.contains(document.at)) {
            taken_.emplace(document.kind, document.ns, document.name);
        }
    }
}

void Converter::note(std::string sentence) {
    if (said_.insert(sentence).second) into_.notes.push_back(std::move(sentence));
}

std::vector<Reference> Converter::references(const FilterChain& chain) {
    std::vector<Reference> all;
    for (const Target& target : chain.targets) {
        Reference reference{
            .ns = target.ns, .name = target.name, .port = target.port, .weight = target.weight};
        if (target.kind == Target::Kind::service_entry) {
            note(fmt::format("{}: ServiceEntry {} cannot be carried over", chain.rule.text(),
                             target.name));
            continue;
        }
        if (target.missing == Target::Missing::reference) {
            // The other API knows no such permission, and would open what is closed here.
            note(
                fmt::format("{}: {}, so its share is left out", chain.rule.text(), target.problem));
            continue;
        }
        if (target.missing == Target::Missing::host) {
            // What is missing is missing there, too, and its connections are closed there, too.
            const std::string path = lookup::Services::path(target.name, target.ns);
            const std::size_t slash = path.find('/');
            if (slash == std::string::npos) {
                note(fmt::format("{}: {}, and no Service can be named instead", chain.rule.text(),
                                 target.problem));
                continue;
            }
            reference.ns = path.substr(0, slash);
            reference.name = path.substr(slash + 1);
        }
        if (reference.port == 0) {
            note(fmt::format("{}: {}, so nobody knows the number of its port", chain.rule.text(),
                             target.problem));
            continue;
        }
        all.push_back(std::move(reference));
    }
    return all;
}

std::vector<std::string> Converter::hosts(const FilterChain& chain) {
    std::vector<std::string> all;
    for (const manifest::Text& name : chain.names) {
        const auto pattern = route::HostPattern::parse(name.value);
        if (!pattern) {
            note(fmt::format("{} asks for what no client can send: {}", chain.rule.text(),
                             pattern.error()));
        } else if (pattern->name().contains('_')) {
            note(fmt::format("{}: a name with \"_\" such as {} cannot be written there",
                             chain.rule.text(), pattern->text()));
        } else {
            all.push_back(pattern->text());
        }
    }
    return all;
}

std::string Converter::unique(const std::string& kind, const std::string& ns,
                              const std::string& name) {
    std::string own = name;
    for (int next = 2; !taken_.emplace(kind, ns, own).second; ++next) {
        own = fmt::format("{}-{}", name, next);
    }
    return own;
}

void Converter::take_entrances(const manifest::Manifest& manifest) {
    for (const manifest::Entrance& entrance : manifest.entrances) {
        if (entrance.rules.empty() && entrance.aside.empty()) continue;
        const Place place = place_of(manifest.files, entrance.meta.at);
        const std::string object =
            fmt::format("{} ({}:{})", entrance.text(), place.file, place.line);
        for (const manifest::EntranceAside& aside : entrance.aside) {
            note(fmt::format("{}: {} is not looked at", object, aside.what));
        }
        const auto has_header = [](const manifest::EntranceRule& rule) {
            return std::ranges::any_of(rule.backends, [](const manifest::EntranceBackend& backend) {
                return backend.proxy_header != 0;
            });
        };
        if (std::ranges::any_of(entrance.rules, has_header))
            note(fmt::format("{}: proxyProtocol has no place in a TLSRoute", object));
        const bool whole = std::ranges::all_of(
            entrance.rules,
            [this](const manifest::EntranceRule& rule) { return written_.contains(rule.at); });
        if (whole && !entrance.rules.empty()) {
            into_.replaced.insert(entrance.meta.at);
        } else {
            note(fmt::format("{} stays: not all of it can be a TLSRoute", object));
        }
    }
}

namespace {

Converted converted_routes(const manifest::Manifest& manifest, const routing::Listeners& listeners,
                           ClusterApi to, const lookup::Environment& environment) {
    Converted converted;
    const auto replace = [&](const auto& list) {
        for (const auto& object : list) {
            converted.replaced.insert(object.meta.at);
        }
    };
    const auto tell = [&](const Rewritten& rewritten) {
        converted.notes = losses(manifest, listeners, rewritten);
    };
    const auto keep = [&](const auto& gateways) {
        for (const auto& gateway : gateways) {
            converted.edges.push_back({gateway.meta.ns.value, gateway.meta.name.value});
        }
    };
    if (to == ClusterApi::istio) {
        replace(manifest.gateway_classes);
        replace(manifest.api_gateways);
        replace(manifest.listener_sets);
        replace(manifest.tls_routes);
        replace(manifest.reference_grants);
        keep(manifest.gateways);
        tell({.gateway_api = true});
        Converter(manifest, listeners, environment, converted).to_istio();
        return converted;
    }
    replace(manifest.gateways);
    for (const manifest::VirtualService& service : manifest.virtual_services) {
        if (service.gateways.empty()) continue;  // of the mesh, which has no other API here
        converted.replaced.insert(service.meta.at);
    }
    keep(manifest.api_gateways);
    for (const auto& gateway : manifest.api_gateways) {
        converted.edge_of.emplace(gateway.meta.path(),
                                  EntryPoint{gateway.meta.ns.value, gateway.meta.name.value});
    }
    tell({.istio = true});
    Converter converter(manifest, listeners, environment, converted);
    converter.to_gateway_api();
    if (environment.entrances) converter.take_entrances(manifest);
    return converted;
}

}  // namespace

Converted convert(const manifest::Manifest& manifest, const routing::Listeners& listeners,
                  ClusterApi to, const lookup::Environment& environment) {
    Converted converted = converted_routes(manifest, listeners, to, environment);
    WrittenAnew anew = write_anew(manifest, environment.versions, converted.replaced);
    converted.replaced.merge(anew.left_out);
    converted.edits = std::move(anew.edits);
    converted.refused = std::move(anew.refused);
    converted.notes.insert(converted.notes.end(), anew.notes.begin(), anew.notes.end());
    converted.experimental |= anew.experimental;
    if (to == ClusterApi::gateway) {
        converted.gateway_api = 5;
        converted.newest = "TLSRoute v1";
    }
    if (anew.since > converted.gateway_api) {
        converted.gateway_api = anew.since;
        converted.newest = std::move(anew.what);
    }
    return converted;
}

}  // namespace sni::exporting
