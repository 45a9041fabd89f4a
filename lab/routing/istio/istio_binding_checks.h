// What is said of a VirtualService because of the servers that it meets, or misses. Nothing of it
// changes where a connection goes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lab/routing/istio/istio_gateways.h"

namespace sni::routing {

/// One that names no Gateway. Rules for the mesh are what most VirtualServices have; only one with
/// tls rules for a name that a gateway passes on was likely meant for that gateway.
void check_mesh_only(const VirtualService& service, const std::vector<ServedGateway>& gateways,
                     Findings& findings);

/// Whether it has a host of a Gateway that it names.
void check_host(const VirtualService& service, const ServedGateway& gateway, Findings& findings);

/// Whether its rules are of the kind that the servers take, and their matches can hold there.
/// `named`: "ns/name" of the Gateways that it names, served or not.
void check_rules(const VirtualService& service, const std::set<std::string>& named,
                 const ServedGateways& served, Findings& findings);

}  // namespace sni::routing
