// Which releases of Istio and of the Gateway API there are to choose from, and what each of them
// has of what differs between them. Everything else is as in the newest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sni::manifest {

/// What a cluster runs. Left out: the newest that answers were compared with
/// (tests/compat/istio/go.mod), with both channels of the Gateway API, as there.
struct Versions {
    int istio = 31;            ///< 1.31
    int gateway_api = 6;       ///< 1.6
    bool experimental = true;  ///< the CRDs are those of the experimental channel

    /// Since Istio 1.30 a TLSRoute may come to a listener that ends TLS
    /// (releasenotes/notes/55728.yaml); before, GenerateGatewaySupportedKinds gave those TCPRoutes
    /// alone.
    bool ends_tls_for_tls_routes() const { return istio >= 30; }
    /// Before Istio 1.30 the last entry of a kind in a ReferenceGrant's `to` alone counted (its
    /// change notes).
    bool heeds_whole_grants() const { return istio >= 30; }
    bool operator==(const Versions&) const = default;
};

/// "1.30", or as a cluster tells it, "v1.30.2". False: none of those known.
bool choose_istio(std::string_view text, Versions& into);
/// "1.5" is its standard channel, "1.5-experimental" the other one; "1.4" is always that, which
/// alone had TLSRoutes then.
bool choose_gateway_api(std::string_view text, Versions& into);
/// 30 of "1.30", or "v1.30.2", and the text behind its numbers; nothing: it is none.
std::optional<int> minor_version(std::string_view& text);
/// "1.28, 1.29, …", and the newest.
std::string known_istio();
std::string known_gateway_api();
/// "1.31" and "1.6-experimental", as the two functions above take them.
std::string istio_text(const Versions& versions);
std::string gateway_api_text(const Versions& versions);

/// What becomes of an object of that apiVersion and kind.
struct Availability {
    bool had = true;      ///< else it is as if the object were not there
    bool served = true;   ///< else kubectl apply is refused
    bool dated = false;   ///< the standard channel has had another version for a release or more
    std::string problem;  ///< a sentence; empty: there is nothing to say
    std::string why;
    std::string hint;
};
Availability availability(const Versions& versions, std::string_view api_version,
                          std::string_view kind);

/// Versions of a kind that the API server serves, those of the standard channel first; none too of
/// a kind that is not in the table.
struct ServedVersion {
    std::string_view version;
    bool standard = true;  ///< else the experimental channel alone serves it
    int since = 0;         ///< 5: Gateway API 1.5 is the first whose standard channel serves it
};
std::vector<ServedVersion> served_versions(const Versions& versions, std::string_view kind);

/// The same of a field of a kind, "spec.tls" of a Gateway.
Availability field_availability(const Versions& versions, std::string_view kind,
                                std::string_view field);

}  // namespace sni::manifest
