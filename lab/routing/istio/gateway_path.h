// Which Gateway a VirtualService names.
#pragma once

#include <string>
#include <string_view>

namespace sni::routing {

/// "ns/name" of a Gateway as a VirtualService names it: "name" and "./name" are in its own
/// namespace. The old spelling with dots is first the name, then the namespace, and whatever
/// follows (pilot/pkg/model/config.go, resolveGatewayName).
std::string gateway_path(std::string_view text, std::string_view own_namespace);

}  // namespace sni::routing
