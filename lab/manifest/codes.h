// Every code that manifests and what follows from them can report, beside those of
// lab/yaml/codes.h. IST… codes are Istio's own, with Istio's meaning
// (pkg/config/analysis/msg/messages.yaml); X-… codes are ours. A code is never reused for something
// else.
#pragma once

#include <string_view>

#include "lab/yaml/codes.h"

namespace sni::manifest::code {

using namespace yaml::code;

/// A kind that may change what a gateway does, and is not played: as kUnsupported, but no mistake.
inline constexpr std::string_view kNotPlayed = "X-NOT-PLAYED";
inline constexpr std::string_view kApiVersion = "X-API-VERSION";  ///< no longer served

/// Kinds that nothing here asks about, and files that are no manifests: one line for all of them.
inline constexpr std::string_view kLeftAside = "X-LEFT-ASIDE";
inline constexpr std::string_view kTemplate = "X-TEMPLATE";        ///< not rendered yet
inline constexpr std::string_view kIndentation = "X-INDENTATION";  ///< lost in copying

// Names that lead nowhere.
inline constexpr std::string_view kNotFound = "IST0101";      ///< gateway, host, selector
inline constexpr std::string_view kPortRequired = "IST0112";  ///< which of the Service's ports?
inline constexpr std::string_view kHostNotInGateway = "IST0132";
inline constexpr std::string_view kGatewayConflict = "IST0145";  ///< a host in two Gateways

// What Istio would do with it, where that surprises.
inline constexpr std::string_view kNoGateway = "X-NO-GATEWAY";      ///< nothing to run at all
inline constexpr std::string_view kNoRoute = "X-NO-ROUTE";          ///< the port stays closed
inline constexpr std::string_view kRouteKind = "X-ROUTE-KIND";      ///< http under PASSTHROUGH
inline constexpr std::string_view kMeshOnly = "X-MESH-ONLY";        ///< no ingress gateway sees it
inline constexpr std::string_view kNotExported = "X-NOT-EXPORTED";  ///< exportTo hides the route
inline constexpr std::string_view kPortNeverMatches = "X-PORT-NEVER-MATCHES";
inline constexpr std::string_view kIgnoredMatch = "X-IGNORED-MATCH";
inline constexpr std::string_view kPartialWildcard =
    "X-PARTIAL-WILDCARD";  ///< "*foo.example.com": Envoy refuses the listener
inline constexpr std::string_view kPortConflict =
    "X-PORT-CONFLICT";  ///< servers of one port that exclude each other
inline constexpr std::string_view kDuplicateSni = "X-DUP-SNI";  ///< a name two rules ask for
inline constexpr std::string_view kSniWider = "X-SNI-WIDER";    ///< open beyond the Gateway's hosts

// The Gateway API.
inline constexpr std::string_view kNotAttached =
    "X-NOT-ATTACHED";                                             ///< a TLSRoute no listener takes
inline constexpr std::string_view kListener = "X-LISTENER";       ///< one that cannot serve
inline constexpr std::string_view kBackendRef = "X-BACKEND-REF";  ///< ResolvedRefs is False
inline constexpr std::string_view kForeignClass = "X-FOREIGN-CLASS";

// From Service to process.
inline constexpr std::string_view kNoEndpoints = "X-NO-ENDPOINTS";
inline constexpr std::string_view kTargetPort = "X-TARGET-PORT";  ///< the process binds another
inline constexpr std::string_view kSecretMissing = "X-SECRET-MISSING";
inline constexpr std::string_view kCertPath = "X-CERT-PATH";      ///< --certfile is in no mount
inline constexpr std::string_view kAssumedTls = "X-ASSUMED-TLS";  ///< a Secret no argument names

}  // namespace sni::manifest::code
