// Which kinds of other gateways are read, and by whom. Each reader fills in rules and what is not
// looked at, and says nothing of what is wrong: tables of what the API server takes do.
#pragma once

#include <span>
#include <string_view>

#include "lab/manifest/manifest.h"
#include "lab/manifest/readers/shape.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

struct EntranceKind {
    std::string_view group;
    std::string_view kind;
    void (*read)(const yaml::Node& document, Entrance& entrance);
    const std::span<const Shape>& spec;
    Contest contest = Contest::older;
};
/// nullptr: of no such kind.
const EntranceKind* entrance_kind_of(std::string_view version, std::string_view kind);
/// What is wrong in it is told. Fields that are in no table are a warning: another release of the
/// gateway may have them.
void check_entrance(yaml::Fields& document, const EntranceKind& kind);
/// Files it in `into.entrances`, where it takes any name, with TLS or without. False: it takes
/// none.
bool read_entrance(const yaml::Node& document, const EntranceKind& kind, Meta meta, Manifest& into);

/// What only all documents together tell: the KongIngresses that entrances name.
void settle_overrides(Manifest& manifest);

/// An annotation; empty without it.
std::string_view annotation(const yaml::Node& document, std::string_view name);

void read_ingress(const yaml::Node& document, Entrance& ingress);
void read_ingress_route_tcp(const yaml::Node& document, Entrance& route);
void read_http_proxy(const yaml::Node& document, Entrance& proxy);
void read_openshift_route(const yaml::Node& document, Entrance& route);
void read_tcp_ingress(const yaml::Node& document, Entrance& ingress);
/// Of the kind KongIngress; false: it is none.
bool read_kong_ingress(const yaml::Node& document, std::string_view version, std::string_view kind,
                       std::string_view default_namespace, Manifest& into);

extern const std::span<const Shape> kIngressShape;
extern const std::span<const Shape> kIngressRouteTcpShape;
extern const std::span<const Shape> kHttpProxyShape;
extern const std::span<const Shape> kOpenshiftRouteShape;
extern const std::span<const Shape> kTcpIngressShape;

}  // namespace sni::manifest
