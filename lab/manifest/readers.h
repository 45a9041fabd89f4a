// One function for each kind: the fields of a document into its struct. manifest.cpp has the table
// that calls them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lab/manifest/manifest.h"
#include "lab/yaml/fields.h"

namespace sni::manifest {

using yaml::Fields;
using yaml::Need;
using yaml::Path;
using yaml::Reading;
using yaml::ScalarType;

// `document` is the whole document, whose apiVersion, kind and metadata are read already.
using Reader = void (*)(Fields& document, Meta meta, Manifest& into);

void read_namespace(Fields& document, Meta meta, Manifest& into);
void read_secret(Fields& document, Meta meta, Manifest& into);
void read_service(Fields& document, Meta meta, Manifest& into);
void read_deployment(Fields& document, Meta meta, Manifest& into);
void read_pod(Fields& document, Meta meta, Manifest& into);
void read_stateful_set(Fields& document, Meta meta, Manifest& into);
void read_daemon_set(Fields& document, Meta meta, Manifest& into);
void read_replica_set(Fields& document, Meta meta, Manifest& into);
void read_replication_controller(Fields& document, Meta meta, Manifest& into);
void read_job(Fields& document, Meta meta, Manifest& into);
void read_endpoints(Fields& document, Meta meta, Manifest& into);
void read_endpoint_slice(Fields& document, Meta meta, Manifest& into);

void read_gateway(Fields& document, Meta meta, Manifest& into);
void read_virtual_service(Fields& document, Meta meta, Manifest& into);
void read_destination_rule(Fields& document, Meta meta, Manifest& into);
void read_service_entry(Fields& document, Meta meta, Manifest& into);

void read_gateway_class(Fields& document, Meta meta, Manifest& into);
void read_api_gateway(Fields& document, Meta meta, Manifest& into);
void read_tls_route(Fields& document, Meta meta, Manifest& into);
void read_reference_grant(Fields& document, Meta meta, Manifest& into);
/// Of a kind that is left aside: no more than where a route of that kind is attached, and no word
/// about what is wrong in it.
void read_other_route(const yaml::Node& document, std::string_view kind,
                      std::string_view default_namespace, Manifest& into);

// What several of them need.

Text text_or(std::optional<Text> text, std::string_view otherwise, Spot at);
/// Of a Service's or a container's port; TCP when it is left out.
Text read_protocol(Fields& port);
/// `spec` of a Pod or of a Deployment's template.
void read_pod_spec(Fields& spec, PodTemplate& pod);
std::string to_upper_ascii(std::string text);

}  // namespace sni::manifest
