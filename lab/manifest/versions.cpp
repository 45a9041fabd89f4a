#include "lab/manifest/versions.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "lab/manifest/gateway_api.h"

namespace sni::manifest {

namespace {

constexpr int kFirstIstio = 28;
constexpr int kLastIstio = 31;
constexpr int kFirstApi = 4;
constexpr int kLastApi = 6;
constexpr int kNoLimit = 99;

/// A letter for each of Gateway API 1.4, 1.5 and 1.6: 's' the standard channel serves it (and the
/// experimental one too), 'e' the experimental one alone, '-' nobody. From `served` of
/// config/crd/{standard,experimental}/*.yaml at v1.4.0, v1.5.0 and v1.6.0 of
/// kubernetes-sigs/gateway-api.
struct Served {
    std::string_view kind;
    std::string_view version;
    std::string_view in;
};

constexpr Served kServed[] = {
    {"TLSRoute", "v1", "-ss"},                // …_tlsroutes.yaml; in 1.4 the file is experimental
    {"TLSRoute", "v1alpha3", "eee"},          // the same
    {"TLSRoute", "v1alpha2", "eee"},          // the same
    {"TCPRoute", "v1", "--s"},                // …_tcproutes.yaml
    {"TCPRoute", "v1alpha2", "eee"},          // the same
    {"ListenerSet", "v1", "-ss"},             // …_listenersets.yaml
    {"XListenerSet", "v1alpha1", "e--"},      // …x-k8s.io_xlistenersets.yaml, gone in 1.5
    {"ReferenceGrant", "v1", "-ss"},          // …_referencegrants.yaml
    {"ReferenceGrant", "v1beta1", "sss"},     // the same
    {"ReferenceGrant", "v1alpha2", "---"},    // gone before 1.4
    {"UDPRoute", "v1", "--s"},                // …_udproutes.yaml
    {"UDPRoute", "v1alpha2", "eee"},          // the same
    {"BackendTLSPolicy", "v1", "sss"},        // …_backendtlspolicies.yaml
    {"BackendTLSPolicy", "v1alpha3", "eee"},  // the same
};

/// The same of fields; from the same files.
constexpr Served kFields[] = {
    {"Gateway", "spec.tls", "ess"},               // …_gateways.yaml
    {"Gateway", "spec.allowedListeners", "ess"},  // the same
};

/// The version that an Istio asks the API server for, which converts. Alpha versions are asked for
/// with PILOT_ENABLE_ALPHA_GATEWAY_API alone (pilot/pkg/features/experimental.go).
struct Watched {
    std::string_view version = {};  // empty: it does not know the kind
    int last_api = kNoLimit;        // and ignores CRDs of newer releases
};

struct WatchedKind {
    std::string_view kind;
    std::array<Watched, kLastIstio - kFirstIstio + 1> by;  // Istio 1.28, 1.29, 1.30, 1.31
};

constexpr WatchedKind kWatched[] = {
    // v1: pull request 59309, and pkg/config/schema/gatewayapi/minimumversions.go; "v1.5 and above
    // will be ignored": 1.29.2's notes, MaximumCRDVersions in pkg/kube/kclient/crdwatcher.go.
    {"TLSRoute", {{{"v1alpha2", 4}, {"v1alpha2", 4}, {"v1"}, {"v1"}}}},
    // pkg/config/schema/gvr, minimumversions.go: 1.6 since Istio 1.31.
    {"TCPRoute", {{{"v1alpha2"}, {"v1alpha2"}, {"v1alpha2"}, {"v1"}}}},
    // pilot/pkg/config/kube/gateway/controller.go; XListenerSet: pull request 55595.
    {"ListenerSet", {{{}, {}, {"v1"}, {"v1"}}}},
    {"XListenerSet", {{{"v1alpha1"}, {"v1alpha1"}, {}, {}}}},
    // pkg/config/schema/gvr/resources.gen.go.
    {"ReferenceGrant", {{{"v1beta1"}, {"v1beta1"}, {"v1beta1"}, {"v1beta1"}}}},
};

char letter(const Served& row, int api) {
    return row.in[static_cast<std::size_t>(api - kFirstApi)];
}

bool is_served(const Served& row, const Versions& versions) {
    const char by = letter(row, versions.gateway_api);
    return by == 's' || (by == 'e' && versions.experimental);
}

const Served* served_row(std::string_view kind, std::string_view version) {
    for (const Served& row : kServed) {
        if (row.kind == kind && row.version == version) return &row;
    }
    return nullptr;
}

/// nullptr: every Istio reads it.
const Watched* watched(std::string_view kind, int istio) {
    for (const WatchedKind& row : kWatched) {
        if (row.kind == kind) return &row.by[static_cast<std::size_t>(istio - kFirstIstio)];
    }
    return nullptr;
}

bool reads(const Watched& by, std::string_view kind, const Versions& versions) {
    const Served* row = served_row(kind, by.version);
    return row && versions.gateway_api <= by.last_api && is_served(*row, versions);
}

/// The standard channel's come first.
std::vector<const Served*> served_rows(std::string_view kind, const Versions& versions) {
    std::vector<const Served*> found;
    for (const Served& row : kServed) {
        if (row.kind == kind && is_served(row, versions)) found.push_back(&row);
    }
    std::ranges::stable_partition(
        found, [&](const Served* row) { return letter(*row, versions.gateway_api) == 's'; });
    return found;
}

/// nullptr: the cluster has the kind in no version.
const Served* best_row(std::string_view kind, const Versions& versions) {
    const auto rows = served_rows(kind, versions);
    return rows.empty() ? nullptr : rows.front();
}

/// "a TLSRoute", "an XListenerSet".
std::string with_article(std::string_view kind) {
    return fmt::format("{} {}", kind.starts_with('X') ? "an" : "a", kind);
}

std::string write_hint(const Served& row) {
    return fmt::format("write apiVersion: {}/{}", group_of(row.kind), row.version);
}

/// "Gateway API 1.5 is the first that does".
std::string who_serves(const Served& row) {
    for (int api = kFirstApi; api <= kLastApi; ++api) {
        const char by = letter(row, api);
        if (by == '-') continue;
        const bool still = letter(row, kLastApi) != '-';
        return fmt::format("Gateway API 1.{} {}{}{}", api, still ? "is the first that does" : "did",
                           by == 'e' ? ", in its experimental channel" : "",
                           still ? "" : ", and no later one");
    }
    return fmt::format("no Gateway API since 1.{} does", kFirstApi);
}

Availability not_served(const Served& row, const Versions& versions) {
    Availability made{.had = false, .served = false};
    const bool elsewhere = letter(row, versions.gateway_api) == 'e';
    made.problem = fmt::format("{}Gateway API 1.{} does not serve {} {}",
                               elsewhere ? "the standard channel of " : "", versions.gateway_api,
                               row.kind, row.version);
    made.why = elsewhere
                   ? "its experimental channel does; with the standard one kubectl apply is "
                     "refused, and nothing is made of it"
                   : who_serves(row) + "; kubectl apply is refused, and nothing is made of it";
    if (const Served* best = best_row(row.kind, versions)) {
        made.hint = write_hint(*best);
    } else if (row.kind == "XListenerSet") {
        made.hint = "write kind: ListenerSet and apiVersion: gateway.networking.k8s.io/v1";
    } else if (!elsewhere) {
        made.hint = "install a Gateway API that serves it";
    }
    if (elsewhere) {
        made.hint +=
            fmt::format("{}--gateway-api 1.{}-experimental if the cluster has that channel",
                        made.hint.empty() ? "say " : ", or say ", versions.gateway_api);
    }
    return made;
}

Availability not_read(std::string_view kind, const Watched& by, const Versions& versions) {
    Availability made{.had = false};
    made.problem = fmt::format("Istio 1.{} does not read {} of Gateway API {}", versions.istio,
                               with_article(kind), gateway_api_text(versions));
    made.why = by.version.empty() ? fmt::format("it does not know the kind {}", kind)
               : versions.gateway_api > by.last_api
                   ? fmt::format(
                         "it asks for {} {}, and ignores what is newer than Gateway API "
                         "1.{}",
                         kind, by.version, by.last_api)
                   : fmt::format("it asks for {} {}, which that does not serve", kind, by.version);
    made.why += "; nothing is made of it";
    for (int istio = kFirstIstio; istio <= kLastIstio; ++istio) {
        if (!reads(*watched(kind, istio), kind, versions)) continue;
        made.hint = fmt::format("Istio 1.{} does", istio);
        return made;
    }
    for (int api = kLastApi; api >= kFirstApi; --api) {
        const Versions other{.istio = versions.istio, .gateway_api = api};
        if (by.version.empty() || !reads(by, kind, other)) continue;
        made.hint = fmt::format("with Gateway API {} it does", gateway_api_text(other));
        return made;
    }
    return made;
}

/// Of what is had: which of the cluster's choices it takes.
Availability conditions_of(const Served& row, const Versions& versions) {
    Availability made;
    const int api = versions.gateway_api;
    if (letter(row, api) == 'e') {
        made.problem = fmt::format("only the experimental channel of Gateway API 1.{} has {} {}",
                                   api, row.kind, row.version);
        made.why = "many clusters have the standard channel";
        const Served* best = best_row(row.kind, versions);
        if (best && letter(*best, api) == 's') {
            made.dated = api > kFirstApi && letter(*best, api - 1) == 's';
            made.why = fmt::format("most clusters have the standard channel, which serves {}",
                                   best->version);
            made.hint = write_hint(*best);
        }
    }
    const Watched* by = watched(row.kind, versions.istio);
    if (!by || !by->version.contains("alpha")) return made;
    const std::string flag =
        fmt::format("Istio 1.{} reads {} with PILOT_ENABLE_ALPHA_GATEWAY_API=true alone",
                    versions.istio, with_article(row.kind));
    made.why = made.problem.empty() ? "here it is taken to be set" : made.why + "; " + flag;
    if (made.problem.empty()) made.problem = flag;
    return made;
}

}  // namespace

std::optional<int> minor_version(std::string_view& text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    if (!text.starts_with("1.")) return std::nullopt;
    text.remove_prefix(2);
    int minor = 0;
    for (int part = 0; part < 2; ++part) {
        int number = 0;
        const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (wrong != std::errc{} || number < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (part == 0) minor = number;
        if (part == 1 || !text.starts_with('.')) break;
        text.remove_prefix(1);
    }
    return minor;
}

bool choose_istio(std::string_view text, Versions& into) {
    const auto minor = minor_version(text);
    if (!minor || !text.empty() || *minor < kFirstIstio || *minor > kLastIstio) return false;
    into.istio = *minor;
    return true;
}

bool choose_gateway_api(std::string_view text, Versions& into) {
    const auto minor = minor_version(text);
    const bool experimental = text == "-experimental";
    if (!minor || (!text.empty() && !experimental) || *minor < kFirstApi || *minor > kLastApi)
        return false;
    into.gateway_api = *minor;
    into.experimental = experimental || letter(kServed[0], *minor) != 's';
    return true;
}

std::string known_istio() {
    std::string all;
    for (int minor = kFirstIstio; minor <= kLastIstio; ++minor) {
        all += fmt::format("{}1.{}", all.empty() ? "" : ", ", minor);
    }
    return all;
}

std::string known_gateway_api() {
    std::string all;
    for (int minor = kFirstApi; minor <= kLastApi; ++minor) {
        all += fmt::format("{}1.{}", all.empty() ? "" : ", ", minor);
        if (letter(kServed[0], minor) == 's') all += fmt::format(", 1.{}-experimental", minor);
    }
    return all;
}

std::string istio_text(const Versions& versions) {
    return fmt::format("1.{}", versions.istio);
}

std::string gateway_api_text(const Versions& versions) {
    const bool said = versions.experimental && letter(kServed[0], versions.gateway_api) == 's';
    return fmt::format("1.{}{}", versions.gateway_api, said ? "-experimental" : "");
}

Availability availability(const Versions& versions, std::string_view api_version,
                          std::string_view kind) {
    const std::string_view version = api_version.substr(api_version.find('/') + 1);
    const Served* row = served_row(kind, version);
    if (!row) return {};
    if (!is_served(*row, versions)) return not_served(*row, versions);
    const Watched* by = watched(kind, versions.istio);
    if (by && !reads(*by, kind, versions)) return not_read(kind, *by, versions);
    return conditions_of(*row, versions);
}

std::vector<ServedVersion> served_versions(const Versions& versions, std::string_view kind) {
    std::vector<ServedVersion> all;
    for (const Served* row : served_rows(kind, versions)) {
        const bool standard = letter(*row, versions.gateway_api) == 's';
        const int since = standard ? kFirstApi + static_cast<int>(row->in.find('s')) : 0;
        all.push_back({.version = row->version, .standard = standard, .since = since});
    }
    return all;
}

Availability field_availability(const Versions& versions, std::string_view kind,
                                std::string_view field) {
    for (const Served& row : kFields) {
        if (row.kind == kind && row.version == field) return conditions_of(row, versions);
    }
    return {};
}

}  // namespace sni::manifest
