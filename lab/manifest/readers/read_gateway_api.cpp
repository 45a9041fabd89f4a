// gateway.networking.k8s.io: GatewayClass, Gateway and ListenerSet, checked as their CRDs check
// them (apis/v1/*_types.go); and what they share with its routes.
#include "lab/manifest/readers/read_gateway_api.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

void read_listener_tls(Fields& tls, api::Listener& listener, const std::string& ns) {
    tls.ignore({"options", "frontendValidation"});
    listener.has_tls = true;
    listener.tls_at = tls.at();
    Text mode{"Terminate", {}};
    tls("mode", mode);
    listener.passthrough = mode.value == "Passthrough";
    if (mode.at != tls.at()) listener.tls_at = mode.at;
    if (mode.value != "Passthrough" && mode.value != "Terminate") {
        tls.in().error(code::kValue, mode.at,
                       fmt::format("there is no TLS mode {}", quote(mode.value)),
                       "Istio's own Gateway spells its modes in capital letters, this one does not",
                       "write Passthrough");
    }
    tls("certificateRefs", listener.certificates, [&](Fields& fields, api::Reference& to) {
        to = reference("", "Secret", ns);
        read_reference(fields, to);
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
    selector("matchExpressions", tests, [](Fields& field, api::LabelTest& test) {
        Text key;
        Text op;
        field("key", key, Need::required);
        field("operator", op, Need::required);
        for (const Text& value : field.texts("values")) {
            test.values.push_back(value.value);
        }
        test.key = key.value;
        test.op = op.value;
        constexpr std::array<std::string_view, 4> kOperators = {"In", "NotIn", "Exists",
                                                                "DoesNotExist"};
        if (!op.value.empty() && std::ranges::find(kOperators, op.value) == kOperators.end()) {
            field.in().error(code::kValue, op.at,
                             fmt::format("there is no operator {}", quote(op.value)), {},
                             "write In, NotIn, Exists or DoesNotExist");
        } else if (!test.is_valid()) {
            const bool listed = test.op.ends_with("In");
            field.in().warning(
                code::kValue, op.at,
                fmt::format("{} {} values", test.op, listed ? "needs" : "takes no"),
                "a selector that is no selector chooses no namespace at all",
                listed ? "list values, or write Exists or DoesNotExist" : "leave values out");
        }
    });
}

/// allowedRoutes and allowedListeners say alike which namespaces may come.
/// None is a word for those alone who are kept out where nothing is written.
void read_allowed_namespaces(Fields& allowed, std::string_view what, api::From& whose,
                             std::vector<api::LabelTest>& tests) {
    const bool out = whose == api::From::none;
    allowed.object("namespaces", [&](Fields& namespaces) {
        constexpr std::array kFrom = {
            std::pair{std::string_view("Same"), api::From::same},
            std::pair{std::string_view("All"), api::From::all},
            std::pair{std::string_view("Selector"), api::From::selector},
            std::pair{std::string_view("None"), api::From::none},
        };
        Text from;
        if (namespaces("from", from)) {
            const auto known = std::ranges::find(kFrom, from.value,
                                                 &std::pair<std::string_view, api::From>::first);
            if (known == kFrom.end() || (known->second == api::From::none && !out)) {
                namespaces.in().error(
                    code::kValue, from.at,
                    fmt::format("{} cannot come from {}", what, quote(from.value)), {},
                    out ? "write Same, All, Selector or None" : "write Same, All or Selector");
            } else {
                whose = known->second;
            }
        }
        const bool selector =
            namespaces.object("selector", [&](Fields& fields) { read_selector(fields, tests); });
        if (whose != api::From::selector || selector) return;
        // Istio lets everybody's routes in then, and nobody's listeners
        // (pilot/pkg/config/kube/gateway/conversion.go, namespacesFromSelector, and
        // gatewaycommon/gateway_utils.go, NamespaceAcceptedByAllowListeners).
        whose = out ? api::From::none : api::From::all;
        namespaces.in().warning(
            code::kValue, from.at,
            out ? fmt::format("from: Selector without a selector keeps all {} out", what)
                : fmt::format("from: Selector without a selector lets {} of every namespace in",
                              what),
            out ? "" : "Istio opens the listener to everybody then",
            "write the selector, or say Same or All");
    });
}

void read_allowed_routes(Fields& allowed, api::Listener& listener) {
    read_allowed_namespaces(allowed, "routes", listener.from, listener.namespaces);
    allowed("kinds", listener.kinds, [](Fields& field, api::RouteKind& kind) {
        kind.group.value = kGatewayApi;
        field("group", kind.group);
        field("kind", kind.kind, Need::required);
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

void read_listener(Fields& field, api::Listener& listener, const std::string& ns) {
    listener.tls_at = field.at();
    field("name", listener.name, Need::required);
    check_section(field.in(), listener.name);
    if (field("hostname", listener.hostname)) {
        check_hostname(field.in(), listener.hostname);
    }
    field.port("port", listener.port, Need::required);
    field("protocol", listener.protocol, Need::required);
    field.object("tls", [&](Fields& tls) { read_listener_tls(tls, listener, ns); });
    field.object("allowedRoutes", [&](Fields& allowed) { read_allowed_routes(allowed, listener); });
    check_listener(listener, field.in());
}

void check_listeners(const std::vector<api::Listener>& listeners, Reading& in) {
    std::set<std::string_view> names;
    std::set<std::tuple<std::int64_t, std::string_view, std::string_view>> places;
    for (const api::Listener& listener : listeners) {
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

/// Of a Gateway or of a ListenerSet, in whose namespace `ns` they are.
void read_listeners(Fields& field, std::vector<api::Listener>& listeners, const std::string& ns) {
    const auto read = [&](Fields& fields, api::Listener& listener) {
        read_listener(fields, listener, ns);
    };
    field("listeners", listeners, read, Need::required);
    check_listeners(listeners, field.in());
}

}  // namespace

void refuse_default(Fields& spec, std::string_view key) {
    const auto scope = spec.text(key);
    if (!scope || scope->value == "None") return;
    spec.in().unsupported(
        scope->at,
        fmt::format("{} attaches routes that name no Gateway, which is not played here", key),
        "name the Gateway under parentRefs");
}

void read_gateway_class(Fields& field, api::GatewayClass& gateway_class) {
    field.ignore({"description", "parametersRef"});
    field("controllerName", gateway_class.controller, Need::required);
}

namespace {

/// Those of one type are of that type, and no two are alike.
void check_addresses(Fields& field) {
    std::set<std::pair<std::string, std::string>> known;
    field.objects("addresses", [&](Fields& one) {
        Text type{"IPAddress", one.at()};
        Text value;
        one("type", type);
        if (!one("value", value) || value.value.empty()) return;
        if (type.value == "IPAddress" && !is_ip_address(value.value)) {
            one.in().error(code::kValue, value.at,
                           fmt::format("{} is no address", quote(value.value)), {},
                           "write an address, or type: Hostname");
        }
        if (known.emplace(type.value, value.value).second) return;
        one.in().error(code::kValue, value.at,
                       fmt::format("{} stands here twice", quote(value.value)));
    });
}

}  // namespace

void read_api_gateway(Fields& field, api::Gateway& gateway) {
    check_addresses(field);
    field.object("infrastructure", [](Fields& own) {
        own.ignore({"annotations", "parametersRef"});
        const auto labels = own.labels("labels");
        check_labels(labels.value, labels.at, own.in());
    });
    field.object("tls", [&](Fields& tls) { read_gateway_tls(tls, gateway); });
    refuse_default(field, "defaultScope");
    field("gatewayClassName", gateway.class_name, Need::required);
    field.object("allowedListeners", [&](Fields& allowed) {
        read_allowed_namespaces(allowed, "ListenerSets", gateway.listener_sets,
                                gateway.set_namespaces);
    });
    read_listeners(field, gateway.listeners, gateway.meta.ns.value);
}

void read_listener_set(Fields& field, api::ListenerSet& set) {
    const std::string& ns = set.meta.ns.value;
    set.kind = field.raw("kind")->text();
    const auto read_spec = [&](Fields& spec) {
        const auto read = [&](Fields& parent) { read_parent(parent, set.parent, ns); };
        spec.object("parentRef", read, Need::required);
        read_listeners(spec, set.listeners, ns);
    };
    field.object("spec", read_spec, Need::required);
}

}  // namespace sni::manifest
