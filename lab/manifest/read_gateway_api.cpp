// gateway.networking.k8s.io: GatewayClass, Gateway, TLSRoute and ReferenceGrant, checked as their
// CRDs check them (apis/v1/*_types.go).
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

constexpr std::string_view kGroup = "gateway.networking.k8s.io";

/// Lower-case RFC 1123, with or without "*." in front, and no address.
std::optional<std::string> hostname_problem(std::string_view host) {
    if (is_ip_address(host)) return "is an address";
    if (host == "*") return "is no name: leave hostname out to take every one";
    if (is_partial_wildcard(host)) return "has a wildcard that is not its whole first label";
    if (std::ranges::any_of(host, [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return "has capital letters, which the Gateway API does not take";
    }
    return host_problem(host);
}

void check_hostname(Reading& in, const Text& host) {
    if (const auto problem = hostname_problem(host.value)) {
        in.error(code::kValue, host.at,
                 fmt::format("the hostname {} {}", quote(host.value), *problem), {},
                 host_help(host.value));
    }
}

api::Reference read_reference(Fields& fields, std::string_view group, std::string_view kind,
                              std::string_view ns) {
    api::Reference to{.at = fields.at()};
    to.group = text_or(fields.text("group"), group, fields.at());
    to.kind = text_or(fields.text("kind"), kind, fields.at());
    to.ns = text_or(fields.text("namespace"), ns, fields.at());
    to.name = text_or(fields.text("name", Need::required), "", fields.at());
    return to;
}

// Gateway.

void read_listener_tls(Fields& tls, api::Listener& listener, const std::string& ns) {
    tls.ignore({"options", "frontendValidation"});
    listener.has_tls = true;
    listener.tls_at = tls.at();
    const Text mode = text_or(tls.text("mode"), "Terminate", tls.at());
    listener.passthrough = mode.value == "Passthrough";
    if (mode.at != tls.at()) listener.tls_at = mode.at;
    if (mode.value != "Passthrough" && mode.value != "Terminate") {
        tls.in().error(code::kValue, mode.at,
                       fmt::format("there is no TLS mode {}", quote(mode.value)),
                       "Istio's own Gateway spells its modes in capital letters, this one does not",
                       "write Passthrough");
    }
    tls.objects("certificateRefs", [&](Fields& ref) {
        listener.certificates.push_back(read_reference(ref, "", "Secret", ns));
    });
    const bool options = tls.has("options");
    if (mode.value == "Terminate" && listener.certificates.empty() && !options) {
        tls.in().error(code::kMissing, listener.tls_at,
                       "a listener that terminates TLS needs certificateRefs",
                       "mode Terminate is what a tls block without mode means, unlike in Istio's "
                       "own Gateway",
                       "write mode: Passthrough to pass TLS on");
    }
}

void read_selector(Fields& selector, std::vector<api::LabelTest>& tests) {
    for (const auto& [key, value] : selector.labels("matchLabels").value) {
        tests.push_back({.key = key, .op = "In", .values = {value}});
    }
    selector.objects("matchExpressions", [&](Fields& fields) {
        api::LabelTest test;
        test.key = text_or(fields.text("key", Need::required), "", fields.at()).value;
        const Text op = text_or(fields.text("operator", Need::required), "", fields.at());
        for (const Text& value : fields.texts("values")) {
            test.values.push_back(value.value);
        }
        test.op = op.value;
        constexpr std::array<std::string_view, 4> kOperators = {"In", "NotIn", "Exists",
                                                                "DoesNotExist"};
        if (!op.value.empty() && std::ranges::find(kOperators, op.value) == kOperators.end()) {
            fields.in().error(code::kValue, op.at,
                              fmt::format("there is no operator {}", quote(op.value)), {},
                              "write In, NotIn, Exists or DoesNotExist");
        }
        tests.push_back(std::move(test));
    });
}

void read_allowed_routes(Fields& allowed, api::Listener& listener) {
    allowed.object("namespaces", [&](Fields& namespaces) {
        const Text from = text_or(namespaces.text("from"), "Same", namespaces.at());
        constexpr std::array kFrom = {
            std::pair{std::string_view("Same"), api::From::same},
            std::pair{std::string_view("All"), api::From::all},
            std::pair{std::string_view("Selector"), api::From::selector},
            std::pair{std::string_view("None"), api::From::none},
        };
        const auto known =
            std::ranges::find(kFrom, from.value, &std::pair<std::string_view, api::From>::first);
        if (known == kFrom.end()) {
            namespaces.in().error(code::kValue, from.at,
                                  fmt::format("routes cannot come from {}", quote(from.value)), {},
                                  "write Same, All, Selector or None");
        } else {
            listener.from = known->second;
        }
        const bool selector = namespaces.object(
            "selector", [&](Fields& fields) { read_selector(fields, listener.namespaces); });
        if (listener.from == api::From::selector && !selector) listener.from = api::From::none;
    });
    allowed.objects("kinds", [&](Fields& fields) {
        api::RouteKind kind;
        kind.group = text_or(fields.text("group"), kGroup, fields.at());
        kind.kind = text_or(fields.text("kind", Need::required), "", fields.at());
        listener.kinds.push_back(std::move(kind));
    });
}

void check_listener(const api::Listener& listener, Reading& in) {
    const std::string& protocol = listener.protocol.value;
    const bool plain = protocol == "HTTP" || protocol == "TCP" || protocol == "UDP";
    if (protocol == "TLS" && !listener.has_tls) {
        in.error(code::kMissing, listener.protocol.at,
                 "a listener with protocol TLS needs tls.mode", {}, "add tls: {mode: Passthrough}");
    } else if (protocol == "HTTPS" && listener.passthrough) {
        in.error(code::kValue, listener.tls_at,
                 "a listener with protocol HTTPS cannot pass TLS through",
                 "the Gateway API ends HTTPS at the gateway; Istio's own Gateway would allow it",
                 "write protocol: TLS");
    } else if (plain && listener.has_tls) {
        in.error(code::kValue, listener.tls_at,
                 fmt::format("a listener with protocol {} cannot have tls", protocol), {},
                 "write protocol: TLS");
    }
    if ((protocol == "TCP" || protocol == "UDP") && !listener.hostname.value.empty()) {
        in.error(code::kValue, listener.hostname.at,
                 fmt::format("a listener with protocol {} cannot have a hostname", protocol));
    }
}

void read_listener(Fields& fields, api::Gateway& gateway, const std::string& ns) {
    api::Listener listener{.at = fields.at()};
    listener.tls_at = fields.at();
    listener.name = text_or(fields.text("name", Need::required), "", fields.at());
    listener.hostname = text_or(fields.text("hostname"), "", fields.at());
    if (!listener.hostname.value.empty()) check_hostname(fields.in(), listener.hostname);
    const auto port = fields.port("port", Need::required);
    listener.port = port.value_or(Number{0, fields.at()});
    listener.protocol = text_or(fields.text("protocol", Need::required), "", fields.at());
    fields.object("tls", [&](Fields& tls) { read_listener_tls(tls, listener, ns); });
    fields.object("allowedRoutes",
                  [&](Fields& allowed) { read_allowed_routes(allowed, listener); });
    check_listener(listener, fields.in());
    gateway.listeners.push_back(std::move(listener));
}

void check_listeners(const api::Gateway& gateway, Reading& in) {
    std::set<std::string_view> names;
    std::set<std::tuple<std::int64_t, std::string_view, std::string_view>> places;
    for (const api::Listener& listener : gateway.listeners) {
        if (listener.name.value.empty() || listener.port.value == 0) continue;
        if (!names.insert(listener.name.value).second) {
            in.error(code::kValue, listener.name.at,
                     fmt::format("two listeners are named {}", quote(listener.name.value)), {},
                     "rename one of them");
        } else if (!places
                        .emplace(listener.port.value, listener.protocol.value,
                                 listener.hostname.value)
                        .second) {
            in.error(code::kValue, listener.at,
                     fmt::format("listener {} has port, protocol and hostname of another one",
                                 quote(listener.name.value)),
                     "the three together are unique in a Gateway", "remove one of them");
        }
    }
}

// TLSRoute.

void read_parent(Fields& fields, api::TlsRoute& route, const std::string& ns) {
    api::ParentRef parent{.port = {}};
    parent.to = read_reference(fields, kGroup, "Gateway", ns);
    parent.section = text_or(fields.text("sectionName"), "", fields.at());
    parent.port = fields.port("port");
    if (!parent.to.name.value.empty()) route.parents.push_back(std::move(parent));
}

void read_backend(Fields& fields, api::RouteRule& rule, const std::string& ns) {
    api::BackendRef backend{.port = {}};
    backend.to = read_reference(fields, "", "Service", ns);
    backend.port = fields.port("port");
    backend.weight = fields.number("weight").value_or(Number{1, fields.at()});
    fields.ignore({"filters"});
    Reading& in = fields.in();
    if (backend.weight.value < 0 || backend.weight.value > 1'000'000) {
        in.error(code::kValue, backend.weight.at,
                 fmt::format("the weight {} is out of range", backend.weight.value), {},
                 "weights go from 0 to 1000000");
        backend.weight.value = 0;
    }
    const bool service = backend.to.group.value.empty() && backend.to.kind.value == "Service";
    if (service && !backend.port && !fields.has("port")) {
        in.error(code::kMissing, fields.at(), fmt::format("{} is missing", fields.path_of("port")),
                 "a reference to a Service needs its port");
    }
    if (!backend.to.name.value.empty()) rule.backends.push_back(std::move(backend));
}

void check_route(Fields& spec, const api::TlsRoute& route) {
    Reading& in = spec.in();
    const bool old = route.version == "v1alpha2";
    if (route.hostnames.empty() && !old && !spec.has("hostnames")) {
        in.error(code::kMissing, spec.at(), "spec.hostnames is missing",
                 "only v1alpha2 of TLSRoute lets them out", "list the names that the route takes");
    }
    constexpr std::size_t kMostNames = 1024;
    if (route.hostnames.size() > kMostNames) {
        in.error(code::kValue, route.hostnames[kMostNames].at,
                 fmt::format("a TLSRoute has at most {} hostnames", kMostNames));
    }
    const std::size_t most = old ? 16 : 1;
    if (route.rules.size() > most) {
        in.error(code::kValue, route.rules[most].at,
                 old ? "a TLSRoute has at most 16 rules"
                     : fmt::format("a TLSRoute of {} has exactly one rule", route.version));
    }
}

/// Both sides of routes that name no Gateway (GEP-3793), which are not attached here.
void refuse_default(Fields& spec, std::string_view key) {
    const auto scope = spec.text(key);
    if (!scope || scope->value == "None") return;
    spec.in().unsupported(
        scope->at,
        fmt::format("{} attaches routes that name no Gateway, which is not played here", key),
        "name the Gateway under parentRefs");
}

}  // namespace

void read_gateway_class(Fields& document, Meta meta, Manifest& into) {
    api::GatewayClass gateway_class;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore({"description", "parametersRef"});
            gateway_class.controller =
                text_or(spec.text("controllerName", Need::required), "", spec.at());
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    gateway_class.meta = std::move(meta);
    into.gateway_classes.push_back(std::move(gateway_class));
}

void read_api_gateway(Fields& document, Meta meta, Manifest& into) {
    api::Gateway gateway;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.ignore({"addresses", "infrastructure", "tls", "allowedListeners"});
            refuse_default(spec, "defaultScope");
            gateway.class_name =
                text_or(spec.text("gatewayClassName", Need::required), "", spec.at());
            spec.objects(
                "listeners",
                [&](Fields& listener) { read_listener(listener, gateway, meta.ns.value); },
                Need::required);
            check_listeners(gateway, spec.in());
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    gateway.meta = std::move(meta);
    into.api_gateways.push_back(std::move(gateway));
}

void read_tls_route(Fields& document, Meta meta, Manifest& into) {
    api::TlsRoute route;
    const std::string version = document.raw("apiVersion")->text();
    route.version = version.substr(version.find('/') + 1);
    document.object(
        "spec",
        [&](Fields& spec) {
            refuse_default(spec, "useDefaultGateways");
            spec.objects("parentRefs",
                         [&](Fields& parent) { read_parent(parent, route, meta.ns.value); });
            const Need names = route.version == "v1alpha2" || !spec.has("hostnames")
                                   ? Need::optional
                                   : Need::required;
            route.hostnames = spec.texts("hostnames", names);
            for (const Text& host : route.hostnames) {
                check_hostname(spec.in(), host);
            }
            spec.objects(
                "rules",
                [&](Fields& fields) {
                    api::RouteRule rule{.at = fields.at()};
                    fields.ignore({"name"});
                    fields.objects(
                        "backendRefs",
                        [&](Fields& backend) { read_backend(backend, rule, meta.ns.value); },
                        Need::required);
                    route.rules.push_back(std::move(rule));
                },
                Need::required);
            check_route(spec, route);
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    route.meta = std::move(meta);
    into.tls_routes.push_back(std::move(route));
}

void read_reference_grant(Fields& document, Meta meta, Manifest& into) {
    api::ReferenceGrant grant;
    document.object(
        "spec",
        [&](Fields& spec) {
            spec.objects(
                "from",
                [&](Fields& fields) {
                    api::ReferenceGrant::Who who;
                    who.group = text_or(fields.text("group"), "", fields.at());
                    who.kind = text_or(fields.text("kind", Need::required), "", fields.at());
                    who.ns = text_or(fields.text("namespace", Need::required), "", fields.at());
                    grant.from.push_back(std::move(who));
                },
                Need::required);
            spec.objects(
                "to",
                [&](Fields& fields) {
                    api::ReferenceGrant::What what;
                    what.group = text_or(fields.text("group"), "", fields.at());
                    what.kind = text_or(fields.text("kind", Need::required), "", fields.at());
                    what.name = text_or(fields.text("name"), "", fields.at());
                    grant.to.push_back(std::move(what));
                },
                Need::required);
        },
        Need::required);
    document.done();
    meta.flawed = document.in().flawed;
    grant.meta = std::move(meta);
    into.reference_grants.push_back(std::move(grant));
}

}  // namespace sni::manifest
