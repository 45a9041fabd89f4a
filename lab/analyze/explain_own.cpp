// How our own codes of the analyzer happen, and how to mend them.
#include <algorithm>
#include <array>

#include "lab/analyze/explain.h"

namespace sni::analyze {

namespace {

constexpr auto kOwnHelp = std::to_array<CodeHelp>({
    {"X-API-VERSION", "The manifest was written for an older cluster, or copied from an old page.",
     "Write the version that the message names; kubectl api-resources lists what a cluster "
     "serves."},
    {"X-ASSUMED-TLS",
     "The pod mounts a kubernetes.io/tls Secret, and no argument says what it does with it.",
     "Nothing, if it is so. If not, name the files: --certfile and --keyfile, as gunicorn takes "
     "them."},
    {"X-BACKEND-REF",
     "The TLSRoute's backendRef names what is not there, what is no Service, or a Service of "
     "another namespace that no ReferenceGrant opens.",
     "Correct the name, or add a ReferenceGrant in the Service's namespace. Until then its "
     "share of the connections is refused."},
    {"X-BAD-CERT",
     "The Secret's tls.crt or tls.key is no PEM, is cut, or is encoded in base64 twice.",
     "kubectl create secret tls does the encoding; under stringData no base64 belongs."},
    {"X-CASE", "One of the names was written with capitals.",
     "Write names in lower case everywhere."},
    {"X-CATCH-ALL", "sniHosts or a listener's hostname is \"*\", or absent in a listener.",
     "Name the hosts, unless everything is meant."},
    {"X-CERT-IN-GATEWAY",
     "A tutorial for tls.mode SIMPLE was followed up to the Secret, or credentialName was left "
     "in place.",
     "Keep the Secret in the backend's namespace only: under PASSTHROUGH the gateway needs no "
     "key."},
    {"X-CERT-NAME", "The certificate was made for other names; its wildcard covers one label only.",
     "sni-lab certgen NAME makes one that does; serve it in the pod."},
    {"X-CERT-PATH",
     "--certfile or --keyfile names a path that no volume has, or only one of the two is given.",
     "Mount the Secret there, or correct the path: a Secret of type kubernetes.io/tls has "
     "tls.crt and tls.key."},
    {"X-COALESCE",
     "A wildcard certificate is shared by two backends. Browsers use one HTTP/2 connection for "
     "all names of a certificate that have one address.",
     "Give each backend a certificate of its own, or let backends answer 421 for other names."},
    {"X-DOUBLE-TLS",
     "A DestinationRule for the backend's host has tls.mode SIMPLE, MUTUAL or ISTIO_MUTUAL, or "
     "a mesh-wide one applies.",
     "Write mode: DISABLE for this host, or remove the rule."},
    {"X-DUP-SNI",
     "Two matches, VirtualServices or TLSRoutes ask for one name on one port; the first, or the "
     "older, gets all of it.",
     "Name each host in one rule only."},
    {"X-DUPLICATE",
     "Two documents have the same kind, namespace and name, often by giving a file twice.",
     "Remove one, or rename it: a cluster would keep the last."},
    {"X-EXPIRED", "The certificate was not renewed.",
     "sni-lab certgen makes a new one; then make the Secret again."},
    {"X-FOREIGN-CLASS", "gatewayClassName is not istio.",
     "Write gatewayClassName: istio, if Istio is to serve it."},
    {"X-IGNORED-MATCH",
     "sourceLabels, sourceNamespace, destinationSubnets and the like are for sidecars.",
     "Remove it: at a gateway only sniHosts, port and gateways count."},
    {"X-INDENTATION", "The text was copied from a page that lost its leading blanks.",
     "Copy it again from the page's source or its raw view; indent what lies below a key by two "
     "blanks."},
    {"X-IP",
     "An address was written where a name belongs. RFC 6066 allows only names in the SNI, so no "
     "client ever sends it.",
     "Write the name that clients use."},
    {"X-KEY-MISMATCH",
     "tls.crt and tls.key come from two runs, often after one of them was renewed.",
     "Take both from one run of certgen or openssl."},
    {"X-LEFT-ASIDE",
     "The files hold kinds that routing by SNI does not ask about, or files that are no "
     "manifests.",
     "Nothing. It is said so that nothing is left out in silence."},
    {"X-LISTENER",
     "A listener before it in the Gateway has the port with a protocol or hostname that excludes "
     "it, or Istio has no listener of this protocol. Of listeners in conflict the first stays in "
     "Istio; other implementations may take all of them away. Or its certificateRefs lead to no "
     "certificate that it may use.",
     "Write protocol: TLS, and give listeners that differ ports of their own; name a Secret of "
     "type kubernetes.io/tls whose tls.crt and tls.key are PEM."},
    {"X-MESH-ONLY", "The VirtualService has no gateways, or names only mesh.",
     "Name the Gateway under spec.gateways, if clients outside are to be routed."},
    {"X-MISSING", "A field without which the object means nothing was left out or misspelt.",
     "Add it at the place that is shown."},
    {"X-NO-ENDPOINTS",
     "The Service's selector matches no pod's labels, or its target port is a name that no "
     "container has; or a ServiceEntry of resolution NONE or STATIC lists no endpoints.",
     "Make selector and labels equal; kubectl get endpointslices shows what a cluster finds. For a "
     "ServiceEntry write resolution: DNS, or list endpoints."},
    {"X-NO-GATEWAY",
     "The files have routes and workloads, but no Gateway of Istio or of the Gateway API.",
     "Add the Gateway, or give its file as well."},
    {"X-NO-ROUTE",
     "No VirtualService names this Gateway, or none of its tls rules fits a host of it; for the "
     "Gateway API, no TLSRoute is attached.",
     "Add one, and compare gateways, hosts and sniHosts letter by letter. Istio opens no port "
     "without a route."},
    {"X-NO-SAN", "It was made with openssl req -subj alone, as old tutorials do.",
     "sni-lab certgen NAME writes both; with openssl add -addext subjectAltName=DNS:NAME."},
    {"X-NOT-ATTACHED",
     "parentRefs names another Gateway, section or port, the hostnames have nothing in common, "
     "or allowedRoutes shuts the namespace out.",
     "Correct what the message names; the Gateway's status shows the same in a cluster."},
    {"X-NOT-EXPORTED", "exportTo is \".\" or a list without the namespace of the gateway's pods.",
     "Remove exportTo, or add \"*\"."},
    {"X-NOT-PLAYED",
     "The file has an EnvoyFilter, a Sidecar, another controller's route or the like, which may "
     "change what a real gateway does.",
     "Remember it when the lab and a cluster disagree; the lab shows the cluster without it."},
    {"X-NOT-YET", "notBefore is later than now, or a clock is behind.",
     "Compare date -u with openssl x509 -noout -startdate; make one that is valid already."},
    {"X-PARTIAL-WILDCARD",
     "A name like *foo.example.com or foo.*.com. Istio lets it pass, and Envoy then refuses the "
     "whole listener.",
     "Write a whole first label, as in *.example.com."},
    {"X-PORT-CONFLICT",
     "A plain server and one for TLS want one port of one gateway, and the older one decides; or a "
     "younger plain server joins a port where a rule takes every name, and Envoy refuses both.",
     "Give each protocol a port of its own."},
    {"X-PORT-NEVER-MATCHES",
     "match.port is the Service's or the pod's port where the Gateway's belongs.",
     "Write the port number of the Gateway's server."},
    {"X-PORT-PROTOCOL",
     "The Service port's name or appProtocol says http, and TLS is passed through to it. "
     "Sidecars would look for HTTP in it.",
     "Name it tls, or https-something, or set appProtocol: tls."},
    {"X-ROUTE-KIND",
     "http or tcp rules stand under a PASSTHROUGH server, or tls rules under one that "
     "terminates.",
     "Write tls rules with sniHosts for PASSTHROUGH, http rules for SIMPLE."},
    {"X-SECRET-MISSING",
     "The Secret is in another namespace, or was made by hand in a cluster and is in no file.",
     "Put it into the pod's namespace; without it the pod never starts. sni-lab certgen --scenario "
     "FILE makes certificates for all that a scenario mounts."},
    {"X-SNI-WIDER",
     "sniHosts names more than the Gateway's hosts, often a wildcard. Under PASSTHROUGH the "
     "Gateway's hosts choose VirtualServices and do not filter SNI.",
     "Narrow sniHosts, if the name is not meant to be open."},
    {"X-SNI-WITHOUT-DNS",
     "sniHosts is a Service's name inside the cluster, or ends in a domain that nobody has.",
     "Use a name of yours, or tell clients: curl --resolve NAME:443:ADDRESS."},
    {"X-TARGET-PORT",
     "The process binds another port than the Service's targetPort, or only 127.0.0.1 inside "
     "its pod.",
     "Make both numbers equal, and bind 0.0.0.0."},
    {"X-TEMPLATE", "A Helm chart's or another generator's template was given as it is.",
     "Render it first: helm template CHART | sni-lab analyze -, or kustomize build DIR | "
     "sni-lab analyze -"},
    {"X-TYPE",
     "\"443\" in quotes where a number belongs, a list where a mapping belongs, and the like.",
     "Write the value as the message says; quotes make text of a number."},
    {"X-UNKNOWN-FIELD", "A field of lab.yaml or checks.yaml is misspelt or from another version.",
     "The message has the nearest known one; the README of the scenarios lists all."},
    {"X-UNSUPPORTED",
     "The manifests ask for something that would change routing and that this version does not "
     "play.",
     "--allow-unsupported turns it into a warning, and it is then left out."},
    {"X-VALUE",
     "The value has the right type and is out of its range, or is none of those that are known.",
     "Write one of those that the message names."},
    {"X-YAML-ALIAS",
     "*name stands inside the value that &name marks, or aliases of aliases multiply.",
     "Write the value out."},
    {"X-YAML-DUPLICATE",
     "Two blocks were pasted into one, or a separator --- is missing between two documents.",
     "Remove one of the two, or put --- between the documents."},
    {"X-YAML-EMPTY",
     "The file is empty or holds comments only; or a pipe before it produced nothing.",
     "Look at what the command before the pipe says on stderr."},
    {"X-YAML-ENCODING",
     "The file was saved as UTF-16 or in an old code page, or is no text at all.",
     "Save it as UTF-8; iconv -f UTF-16 -t UTF-8 does it."},
    {"X-YAML-KEY", "A list, a mapping or nothing stands where the name of a field belongs.",
     "Look for a missing name before the colon."},
    {"X-YAML-LIMIT", "Brackets are left open, or a generated file has everything in one.",
     "Close the bracket, or split the file."},
    {"X-YAML-MERGE",
     "\"<<\" is not part of YAML 1.2, and Kubernetes' own tools read it differently.",
     "Write the fields out."},
    {"X-YAML-SYNTAX",
     "Tabs as indentation, a quote that is not closed, a colon or an asterisk that belongs in "
     "quotes.",
     "The place is where reading stopped; the mistake is there or in the line above."},
    {"X-YAML-TAG", "!something asks for a type that only the program that wrote it knows.",
     "Remove it, or render the file with that program first."},
});
static_assert(std::ranges::is_sorted(kOwnHelp, {}, &CodeHelp::id));

}  // namespace

std::span<const CodeHelp> own_help() {
    return kOwnHelp;
}

}  // namespace sni::analyze
