// Which kinds of other gateways are read, and by whom. Each reader fills in rules and what is not
// looked at, and says nothing of what is wrong: the gateway's own API server does.
#pragma once

#include <string_view>

#include "lab/manifest/manifest.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

/// Files it in `into.entrances`. False: it is of no such kind, or TLS does not come to it.
bool read_entrance(const yaml::Node& document, std::string_view version, std::string_view kind,
                   std::string_view default_namespace, Manifest& into);

/// What only all documents together tell: the KongIngresses that entrances name.
void settle_overrides(Manifest& manifest);

/// An annotation; empty without it.
std::string_view annotation(const yaml::Node& document, std::string_view name);

void read_ingress(const yaml::Node& document, Entrance& ingress);
void read_ingress_route_tcp(const yaml::Node& document, Entrance& route);
void read_http_proxy(const yaml::Node& document, Entrance& proxy);
void read_openshift_route(const yaml::Node& document, Entrance& route);
void read_tcp_ingress(const yaml::Node& document, Entrance& ingress);
void read_kong_ingress(const yaml::Node& document, const std::string& path, Manifest& into);

}  // namespace sni::manifest
