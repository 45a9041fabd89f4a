// How Istio's own codes happen, and how to mend them.
#include <algorithm>
#include <array>

#include "lab/analyze/explain.h"

namespace sni::analyze {

namespace {

constexpr auto kIstioHelp = std::to_array<CodeHelp>({
    {"IST0101",
     "A name is misspelt, lies in another namespace, or its object is in a file that was not "
     "given. A short host stands for HOST.NAMESPACE.svc.cluster.local.",
     "Correct the name, or give the file that has the object as well. For a Gateway of your own, "
     "--gateway-labels says what its pods are labelled with."},
    {"IST0102", "The Namespace has neither istio-injection nor istio.io/rev as a label.",
     "kubectl label namespace NAME istio-injection=enabled, or =disabled to say that it is meant. "
     "Passthrough needs no sidecar."},
    {"IST0106", "A field has the wrong type or an impossible value, or a required one is absent.",
     "Correct the field at the place that is shown; kubectl apply --dry-run=server asks Istio's "
     "own "
     "webhook."},
    {"IST0112", "The route's destination names a host only, and its Service has several ports.",
     "Add port: {number: …} to the destination."},
    {"IST0118", "A Service port is called something like web or app1, and has no appProtocol.",
     "Name it tls or https-something, or set appProtocol: tls."},
    {"IST0130", "An earlier rule has all the matches of this one; Istio takes the first.",
     "Remove the rule, or correct its sniHosts."},
    {"IST0131", "The match was copied, or two rules overlap; the first rule takes the connection.",
     "Remove it from the later rule."},
    {"IST0132",
     "The two lists of hosts have no name in common, or a namespace before the slash in "
     "the Gateway's hosts shuts the VirtualService out.",
     "Make a host of the VirtualService equal to one that the Gateway accepts, letter by letter."},
    {"IST0133",
     "Istio's webhook accepts the object, and says that a field has no effect or will "
     "go.",
     "Do what the message says; nothing stops working today."},
    {"IST0145",
     "Two Gateways select the same pods and name one host, or a port number is used for "
     "TLS and for plain text. The older Gateway keeps it.",
     "Name each host in one Gateway only, or give one of them another port or another selector."},
    {"IST0161",
     "The Secret has no tls.crt or tls.key, they do not belong together, or they cannot "
     "be read.",
     "kubectl create secret tls NAME --cert … --key … in the namespace of the gateway's pods."},
    {"IST0162", "The Gateway's port is none of those that the Service of the gateway's pods opens.",
     "Write one of the Service's ports, or add this one to the Service."},
    {"IST0174", "The host is misspelt, or its Service is in a file that was not given.",
     "Correct the host, or remove the rule."},
});
static_assert(std::ranges::is_sorted(kIstioHelp, {}, &CodeHelp::id));

}  // namespace

std::span<const CodeHelp> istio_help() {
    return kIstioHelp;
}

const CodeHelp* find_help(std::string_view id) {
    for (const std::span<const CodeHelp> half : {istio_help(), own_help()}) {
        const auto found = std::ranges::lower_bound(half, id, {}, &CodeHelp::id);
        if (found != half.end() && found->id == id) return &*found;
    }
    return nullptr;
}

}  // namespace sni::analyze
