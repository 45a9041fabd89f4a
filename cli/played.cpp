#include "cli/played.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "certs/inspect_pair.h"
#include "lab/analyze/analyze.h"
#include "lab/analyze/codes.h"
#include "lab/manifest/codes.h"

namespace sni::cli {

namespace {

/// The lab serves such a certificate as it is, and puts TLS into TLS as a cluster would.
constexpr std::array kPlayed = {analyze::code::kExpired, analyze::code::kNotYet,
                                analyze::code::kCertName, analyze::code::kDoubleTls};

/// Where servers name a Secret that no file holds: the lab makes it, as it does for pods.
std::vector<Place> secrets_to_make(const manifest::Manifest& manifest, const std::string& ns) {
    std::set<std::string> known;
    for (const manifest::Secret& secret : manifest.secrets) {
        known.insert(secret.meta.path());
    }
    std::vector<Place> places;
    for (const manifest::Gateway& gateway : manifest.gateways) {
        for (const manifest::Server& server : gateway.servers) {
            for (const manifest::Text& name : server.credentials) {
                if (!known.contains(ns + "/" + name.value))
                    places.push_back(place_of(manifest.files, name.at));
            }
        }
    }
    return places;
}

}  // namespace

Mistakes mistakes_in(const manifest::Manifest& manifest, const lookup::Environment& environment,
                     std::chrono::sys_seconds now) {
    analyze::Options options;
    options.environment = environment;
    options.now = now;
    options.inspect = certs::inspect_pair;
    const std::vector<Place> to_make = secrets_to_make(manifest, environment.gateway_namespace);
    Mistakes mistakes;
    for (analyze::Finding& finding : analyze::analyze({manifest, {}}, options).findings) {
        Diagnostic& d = finding.diagnostic;
        if (d.level != Level::error) continue;
        const bool made = std::ranges::find(to_make, d.place) != to_make.end();
        if (d.code == manifest::code::kNotFound && made) continue;
        if (std::ranges::find(kPlayed, d.code) == kPlayed.end()) {
            mistakes.refused.push_back(std::move(d));
            continue;
        }
        d.level = Level::warning;
        mistakes.played.push_back(std::move(d));
    }
    return mistakes;
}

}  // namespace sni::cli
