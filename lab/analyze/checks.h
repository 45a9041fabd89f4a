// The checks that routing does not make by itself, one file for each subject. A check adds what it
// finds, in any order; analyze.cpp has the table of them.
#pragma once

#include <string_view>

#include "lab/analyze/model.h"
#include "lab/yaml/source.h"

namespace sni::analyze {

using Check = void (*)(const Model& model, manifest::Findings& findings);

// check_gateways.cpp
void check_gateway_conflicts(const Model& model, manifest::Findings& findings);
void check_gateway_ports(const Model& model, manifest::Findings& findings);
void check_gateway_hosts(const Model& model, manifest::Findings& findings);
/// Of a host that ends in a dot, wherever one is to be compared with an SNI.
void report_trailing_dot(manifest::Findings& findings, manifest::Spot at, std::string_view host);
void check_credentials(const Model& model, manifest::Findings& findings);

// check_gateway_api.cpp
void check_listeners(const Model& model, manifest::Findings& findings);

// check_claims.cpp
void check_claims(const Model& model, manifest::Findings& findings);
void check_crds(const Model& model, manifest::Findings& findings);

// check_virtual_services.cpp
void check_repeated_matches(const Model& model, manifest::Findings& findings);
void check_letter_case(const Model& model, manifest::Findings& findings);
void check_sni_hosts(const Model& model, manifest::Findings& findings);

// check_workloads.cpp
void check_namespaces(const Model& model, manifest::Findings& findings);
void check_port_names(const Model& model, manifest::Findings& findings);
void check_volumes(const Model& model, manifest::Findings& findings);

// check_sidecars.cpp
void check_port_protocols(const Model& model, manifest::Findings& findings);
void check_shared_pods(const Model& model, manifest::Findings& findings);

// check_destination_rules.cpp
void check_rule_hosts(const Model& model, manifest::Findings& findings);
void check_subsets(const Model& model, manifest::Findings& findings);
void check_empty_subsets(const Model& model, manifest::Findings& findings);
void check_authorities(const Model& model, manifest::Findings& findings);
void check_ways(const Model& model, manifest::Findings& findings);

// check_service_entries.cpp
void check_service_entries(const Model& model, manifest::Findings& findings);
void check_entry_addresses(const Model& model, manifest::Findings& findings);
void check_entry_protocols(const Model& model, manifest::Findings& findings);

// check_entrances.cpp
void check_entrances(const Model& model, manifest::Findings& findings);

// check_exports.cpp
void check_exports(const Model& model, manifest::Findings& findings);

// check_mesh.cpp
void check_mesh_hosts(const Model& model, manifest::Findings& findings);
void check_subset_rules(const Model& model, manifest::Findings& findings);

// check_shared_certificates.cpp
void check_shared_certificates(const Model& model, manifest::Findings& findings);

// check_certificates.cpp
void check_certificates(const Model& model, manifest::Findings& findings);

}  // namespace sni::analyze
