// The Gateway API's documents as text. What stands in them is to_gateway_api.cpp's to know.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "lab/export/cluster/convert.h"

namespace sni::exporting {

/// A Gateway with a listener on each port that passes TLS through, for routes of any namespace.
std::string gateway_document(const EntryPoint& edge, std::string_view gateway_class,
                             const std::set<std::uint16_t>& ports);

/// A TLSRoute with one rule, to the listener of `port`.
struct TlsRouteText {
    bool experimental = false;  ///< v1alpha2
    std::string ns;
    std::string name;
    const EntryPoint& edge;
    std::uint16_t port = 443;
    std::span<const std::string> hostnames;  ///< none: every name
    std::string_view backends;               ///< of backend_ref()
};
std::string tls_route_document(const TlsRouteText& route);

/// One of a rule's backendRefs; `ns` is empty where it is the route's own.
std::string backend_ref(std::string_view name, std::string_view ns, std::uint16_t port,
                        std::int64_t weight);

/// Lets TLSRoutes of the namespace `from` lead to one Service of another.
std::string grant_document(std::string_view name, std::string_view from, const EntryPoint& service);

}  // namespace sni::exporting
