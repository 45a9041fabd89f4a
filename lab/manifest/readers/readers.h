// The readers of the kinds that are understood: each fills in one object, whose metadata is read
// already, and reports what it finds on the way. kinds.cpp says which reader gets which document,
// and whether that is all of it or its spec.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/manifest.h"
#include "lab/yaml/fields.h"

namespace sni::manifest {

using yaml::Fields;
using yaml::Need;
using yaml::Path;
using yaml::Reading;
using yaml::ScalarType;

// Of the whole document.
void read_namespace(Fields& field, Namespace& ns);
void read_secret(Fields& field, Secret& secret);
void read_endpoints(Fields& field, EndpointList& list);
void read_endpoint_slice(Fields& field, EndpointList& list);
void read_gateway(Fields& field, Gateway& gateway);
void read_tls_route(Fields& field, api::Route& route);
void read_tcp_route(Fields& field, api::Route& route);
void read_listener_set(Fields& field, api::ListenerSet& set);

// Of its spec.
void read_service(Fields& field, Service& service);
void read_deployment(Fields& field, Deployment& made);
void read_stateful_set(Fields& field, Deployment& made);
void read_daemon_set(Fields& field, Deployment& made);
void read_replica_set(Fields& field, Deployment& made);
void read_replication_controller(Fields& field, Deployment& made);
void read_job(Fields& field, Deployment& made);
void read_pod(Fields& document, Deployment& pod);
void read_virtual_service(Fields& field, VirtualService& service);
void read_destination_rule(Fields& field, DestinationRule& rule);
void read_service_entry(Fields& field, ServiceEntry& entry);
void read_workload_entry(Fields& field, OtherEndpoint& machine);
void read_gateway_class(Fields& field, api::GatewayClass& gateway_class);
void read_api_gateway(Fields& field, api::Gateway& gateway);
void read_reference_grant(Fields& field, api::ReferenceGrant& grant);

// Of kinds that are left aside.

/// No more than where the route is attached.
void read_other_route(const yaml::Node& document, std::string_view default_namespace,
                      Manifest& into);
void read_config_map(const yaml::Node& document, std::string_view default_namespace,
                     Manifest& into);
void read_request_authentication(const yaml::Node& document, std::string_view default_namespace,
                                 Manifest& into);
/// Manifest::other_endpoints.
void read_cron_job(const yaml::Node& document, std::string_view default_namespace, Manifest& into);
/// Manifest::unknown_pods, of a kind that is not read.
void note_unknown_pods(const yaml::Node& document, std::string_view group, std::string_view kind,
                       std::string_view default_namespace, Manifest& into);
/// Of the Gateway API's, from which release of it they are.
void read_crd(const yaml::Node& document, std::string_view default_namespace, Manifest& into);

/// VirtualService::matches and ::claim.
void read_matches(Fields& spec, VirtualService& service);
/// VirtualService::http, ::http_rules, and where its mirrors lead.
void read_http_rules(Fields& spec, VirtualService& service);
/// Of any rule: an item of its route, into `into`. What cannot be read of it makes its
/// VirtualService flawed.
void read_destination(Fields& route, VirtualService& service, std::vector<Destination>& into);
/// Where the rules of a kind begin; nothing: there are none.
std::optional<Spot> rules_at(Fields& spec, std::string_view kind);

// What several of them need.

/// As its metadata says, or the default one.
std::string namespace_of(const yaml::Node& document, std::string_view default_namespace);

/// Of a Service's or a container's port; TCP when it is left out.
Text read_protocol(Fields& port);
/// `spec` of a Pod or of a Deployment's template.
void read_pod_spec(Fields& field, PodTemplate& pod);
std::string to_upper_ascii(std::string text);
/// The words of an annotation, without the blanks around them; none of an empty one.
std::vector<std::string> comma_separated(std::string_view text);
/// Of an object, a pod or an endpoint, and what a Service or a workload selects by.
void check_labels(const Labels& labels, Spot at, Reading& in);
/// Of a workloadSelector.
void check_selector(const Labels& labels, Spot at, Reading& in);
/// Of a container, or what a Service calls it by; an empty one is none.
void check_port_name(const Text& name, Reading& in);
/// A DNS label, as Istio takes it: capital letters, too.
bool is_label(std::string_view word);
/// Gateways as a VirtualService names them: NAMESPACE/NAME, or a host name of old. Behind one of
/// the latter Istio looks at none (validateGatewayNames).
void check_gateway_names(const std::vector<Text>& names, Reading& in);
/// Each is an address, or a range of them as in 10.0.0.0/8; bits behind the prefix are nobody's
/// business (agent/validation.go, ValidateIPSubnet). `what` has them, in the message.
void check_subnets(std::string_view what, const std::vector<Text>& subnets, Reading& in);
/// What exportTo of an object of Istio's in namespace `ns` may hold
/// (pkg/config/validation/validation.go, validateExportTo).
enum class Exported { rule, rule_of_workloads, entry };
void check_export(const std::vector<Text>& export_to, const std::string& ns, Exported what,
                  Reading& in);
/// Of a subset; an empty one is none.
void check_subset_name(Reading& in, const Text& name);
/// A word of a fixed set; `what` it says, in the message.
void check_word(Reading& in, std::string_view what, const Text& word,
                std::span<const std::string_view> known);
/// Of a DestinationRule or a ServiceEntry; `problem` is the end of a sentence.
void report_host(Reading& in, const Text& host, std::string_view problem);
/// Its host and its subset, which Istio looks at as names before it looks for them.
void check_destination(const Destination& destination, Reading& in);

}  // namespace sni::manifest
