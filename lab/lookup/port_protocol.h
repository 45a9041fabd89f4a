// What a Service's port speaks, as far as Istio takes it from what is written.
#pragma once

#include <string>
#include <string_view>

#include "lab/lookup/words.h"

namespace sni::lookup {

/// In lower case: "http", "grpc-web", "tls"; empty where nothing says it. By appProtocol, else by
/// the name up to its first '-', else by a few port numbers (pkg/config/kube/conversion.go,
/// ConvertProtocol).
std::string protocol_of(const ServicePort& port);

/// Protocols for which a sidecar looks for HTTP in plain text.
bool is_http_in_plain(std::string_view protocol);

}  // namespace sni::lookup
