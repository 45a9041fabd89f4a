// gateway.networking.k8s.io: TLSRoute, TCPRoute and ReferenceGrant, checked as their CRDs check
// them (apis/v1/*_types.go).
#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/readers/read_gateway_api.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

bool read_backend(Fields& field, api::BackendRef& backend, const std::string& ns) {
    backend.to = reference("", "Service", ns);
    read_reference(field, backend.to);
    backend.port = field.port("port");
    backend.weight.value = 1;
    field("weight", backend.weight);
    Reading& in = field.in();
    if (backend.weight.value < 0 || backend.weight.value > 1'000'000) {
        in.error(code::kValue, backend.weight.at,
                 fmt::format("the weight {} is out of range", backend.weight.value), {},
                 "weights go from 0 to 1000000");
        backend.weight.value = 0;
    }
    const bool service = backend.to.group.value.empty() && backend.to.kind.value == "Service";
    if (service && !backend.port && !field.has("port")) {
        in.error(code::kMissing, field.at(), fmt::format("{} is missing", field.path_of("port")),
                 "a reference to a Service needs its port");
    }
    return !backend.to.name.value.empty();
}

void read_route_rule(Fields& field, api::RouteRule& rule, const std::string& ns) {
    Text name;
    field("name", name);
    check_section(field.in(), name);
    const auto read = [&](Fields& fields, api::BackendRef& backend) {
        return read_backend(fields, backend, ns);
    };
    field("backendRefs", rule.backends, read, Need::required);
}

void check_names(Fields& spec, const api::Route& route) {
    Reading& in = spec.in();
    if (route.hostnames.empty() && route.version != "v1alpha2" && !spec.has("hostnames")) {
        in.error(code::kMissing, spec.at(), "spec.hostnames is missing",
                 "only v1alpha2 of TLSRoute lets them out", "list the names that the route takes");
    }
}

/// The core group is the empty one, and has to be written.
void read_group(Fields& fields, Text& group) {
    if (fields("group", group) || fields.has("group")) return;
    fields.in().error(code::kMissing, fields.at(),
                      fmt::format("{} is missing", fields.path_of("group")), {},
                      "for Services and Secrets write group: \"\"");
}

}  // namespace

void read_tls_route(Fields& field, api::Route& route) {
    const std::string& ns = route.meta.ns.value;
    const std::string& version = field.raw("apiVersion")->text();
    route.version = version.substr(version.find('/') + 1);
    route.kind = "TLSRoute";
    const auto read = [&](Fields& spec) {
        refuse_default(spec, "useDefaultGateways");
        spec("parentRefs", route.parents,
             [&](Fields& fields, auto& parent) { return read_parent(fields, parent, ns); });
        const Need names =
            route.version == "v1alpha2" || !spec.has("hostnames") ? Need::optional : Need::required;
        spec("hostnames", route.hostnames, names);
        for (const Text& host : route.hostnames) {
            check_hostname(spec.in(), host);
        }
        const auto rule = [&](Fields& fields, auto& into) { read_route_rule(fields, into, ns); };
        spec("rules", route.rules, rule, Need::required);
        check_names(spec, route);
    };
    field.object("spec", read, Need::required);
}

void read_tcp_route(Fields& field, api::Route& route) {
    const std::string& ns = route.meta.ns.value;
    route.kind = "TCPRoute";
    const auto read = [&](Fields& spec) {
        refuse_default(spec, "useDefaultGateways");
        spec("parentRefs", route.parents,
             [&](Fields& fields, auto& parent) { return read_parent(fields, parent, ns); });
        const auto rule = [&](Fields& fields, auto& into) { read_route_rule(fields, into, ns); };
        spec("rules", route.rules, rule, Need::required);
    };
    field.object("spec", read, Need::required);
}

void read_reference_grant(Fields& field, api::ReferenceGrant& grant) {
    const auto from = [](Fields& fields, api::ReferenceGrant::Who& who) {
        read_group(fields, who.group);
        fields("kind", who.kind, Need::required);
        fields("namespace", who.ns, Need::required);
    };
    const auto to = [](Fields& fields, api::ReferenceGrant::What& what) {
        read_group(fields, what.group);
        fields("kind", what.kind, Need::required);
        fields("name", what.name);
    };
    field("from", grant.from, from, Need::required);
    field("to", grant.to, to, Need::required);
}

}  // namespace sni::manifest
