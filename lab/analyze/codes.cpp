#include "lab/analyze/codes.h"

#include <algorithm>
#include <array>

#include "lab/manifest/codes.h"

namespace sni::analyze {

namespace {

namespace read = manifest::code;

constexpr std::array kCodes = {
    Code{read::kNotFound, "ReferencedResourceNotFound",
         "A Gateway, pod, Service, port, subset or Secret that is referred to does not exist."},
    Code{code::kNotInjected, "NamespaceNotInjected",
         "A namespace is not labelled for sidecar injection."},
    Code{read::kSchema, "SchemaValidationError", "Istio's webhook refuses this resource."},
    Code{read::kPortRequired, "VirtualServiceDestinationPortSelectorRequired",
         "The destination's Service has several ports and the destination names none."},
    Code{code::kPortName, "PortNameIsNotUnderNamingConvention",
         "Neither the name nor appProtocol of a Service port says its protocol."},
    Code{code::kUnreachableRule, "VirtualServiceUnreachableRule",
         "Every match of this rule stands in an earlier rule already."},
    Code{code::kIneffectiveMatch, "VirtualServiceIneffectiveMatch",
         "This match stands in an earlier rule already."},
    Code{read::kHostNotInGateway, "VirtualServiceHostNotFoundInGateway",
         "No host of the VirtualService is among those of its Gateway."},
    Code{read::kSchemaWarning, "SchemaWarning", "Istio accepts this resource with a warning."},
    Code{read::kGatewayConflict, "ConflictingGateways",
         "Two Gateways serve the same host on the same port of the same pods."},
    Code{code::kBadCredential, "InvalidGatewayCredential",
         "The Secret that credentialName names cannot be used."},
    Code{code::kPortNotOnService, "GatewayPortNotDefinedOnService",
         "The Service of the gateway's pods does not have the Gateway's port."},
    Code{code::kUnknownRuleHost, "UnknownDestinationRuleHost",
         "The DestinationRule is for a host that nothing has."},
    Code{read::kApiVersion, "ApiVersion", "Clusters of today do not serve this version."},
    Code{read::kAssumedTls, "AssumedTls",
         "A pod is taken to serve TLS because it mounts a Secret."},
    Code{read::kBackendRef, "BackendRef",
         "A TLSRoute refers to a backend that it may not or cannot use."},
    Code{code::kBadCert, "BadCertificate",
         "A Secret holds no certificate or key that can be read."},
    Code{code::kCase, "LetterCase",
         "Two names differ in capital letters only, and Istio compares letter by letter."},
    Code{code::kCatchAll, "CatchAll",
         "A rule for every name also takes clients without SNI and what is not TLS."},
    Code{code::kCertInGateway, "CertificateInGateway",
         "A PASSTHROUGH server names a Secret, which puts a private key where none belongs."},
    Code{code::kCertName, "CertificateName",
         "The certificate does not cover a name that is routed to its pod."},
    Code{read::kCertPath, "CertificatePath",
         "The process is told to read a file that its pod does not have."},
    Code{code::kCoalesce, "ConnectionCoalescing",
         "One certificate covers names of two backends, so HTTP/2 clients may reach the wrong "
         "one."},
    Code{code::kDoubleTls, "DoubleTls",
         "A DestinationRule puts TLS around TLS that is passed through."},
    Code{read::kDuplicateSni, "DuplicateSni", "Two rules ask for one name on one port."},
    Code{read::kDuplicate, "Duplicate", "One object is defined twice."},
    Code{code::kExpired, "CertificateExpired", "The certificate has expired."},
    Code{read::kForeignClass, "ForeignClass",
         "A Gateway belongs to a class that another controller serves."},
    Code{read::kIgnoredMatch, "IgnoredMatch", "A gateway does not look at this condition."},
    Code{read::kIndentation, "Indentation", "The text lost its indentation when it was copied."},
    Code{code::kIp, "IpAddress", "An address stands where a client would send a name."},
    Code{code::kKeyMismatch, "KeyMismatch", "The private key does not belong to the certificate."},
    Code{read::kLeftAside, "LeftAside",
         "Kinds and files that where names are routed does not depend on."},
    Code{read::kListener, "Listener", "A listener that cannot serve."},
    Code{read::kMeshOnly, "MeshOnly", "No ingress gateway sees this VirtualService."},
    Code{read::kMissing, "Missing", "A required field is absent."},
    Code{read::kNoEndpoints, "NoEndpoints", "A Service leads to no pod."},
    Code{read::kNoGateway, "NoGateway", "There is no Gateway at all."},
    Code{read::kNoRoute, "NoRoute", "A PASSTHROUGH server has no route, so its port stays closed."},
    Code{code::kNoSan, "NoSan",
         "The certificate has its name in the CN only, which many clients no longer read."},
    Code{read::kNotAttached, "NotAttached", "No listener takes this TLSRoute."},
    Code{read::kNotExported, "NotExported", "exportTo hides a route from the gateway."},
    Code{read::kNotPlayed, "NotPlayed",
         "A kind that may change what a gateway does and that the lab does not play."},
    Code{code::kNotYet, "CertificateNotYetValid", "The certificate is not valid yet."},
    Code{read::kPartialWildcard, "PartialWildcard",
         "Envoy refuses a wildcard that is not the whole first label."},
    Code{read::kPortConflict, "PortConflict",
         "Servers of one port exclude each other: TLS beside plain text, or one host twice."},
    Code{read::kPortNeverMatches, "PortNeverMatches",
         "A match asks for a port that its Gateway does not have."},
    Code{code::kPortProtocol, "PortProtocol",
         "A Service port is declared HTTP and gets TLS that is passed through."},
    Code{read::kRouteKind, "RouteKind", "Rules of this kind have no effect at their server."},
    Code{read::kSecretMissing, "SecretMissing", "A Secret that a pod mounts is not there."},
    Code{read::kSniWider, "SniWider", "A name is open that the Gateway does not name."},
    Code{code::kWithoutDns, "SniWithoutDns",
         "A name that clients outside the cluster cannot look up."},
    Code{read::kTargetPort, "TargetPort",
         "The process listens on another port than the Service sends to."},
    Code{read::kTemplate, "Template", "A template that has not been filled in."},
    Code{read::kType, "Type", "A value has the wrong type."},
    Code{read::kUnknownField, "UnknownField", "A field that is not known."},
    Code{read::kUnsupported, "Unsupported", "A field, kind or mode that is not understood."},
    Code{read::kValue, "Value", "A value that is not possible."},
    Code{read::kYamlAlias, "YamlAlias", "An alias without end, or of too much."},
    Code{read::kYamlDuplicate, "YamlDuplicate", "A key stands twice in one mapping."},
    Code{read::kYamlEmpty, "YamlEmpty", "There is no document."},
    Code{read::kYamlEncoding, "YamlEncoding", "The text is not UTF-8."},
    Code{read::kYamlKey, "YamlKey", "A key that is no text."},
    Code{read::kYamlLimit, "YamlLimit", "The text is too large or too deep."},
    Code{read::kYamlMerge, "YamlMerge", "Merge keys are not understood."},
    Code{read::kYamlSyntax, "YamlSyntax", "The text is not YAML."},
    Code{read::kYamlTag, "YamlTag", "A tag that is not understood."},
};
static_assert(std::ranges::is_sorted(kCodes, {}, &Code::id));

}  // namespace

std::span<const Code> codes() {
    return kCodes;
}

const Code* find_code(std::string_view id) {
    const auto found = std::ranges::lower_bound(kCodes, id, {}, &Code::id);
    return found != kCodes.end() && found->id == id ? &*found : nullptr;
}

}  // namespace sni::analyze
