// What stands before a backend's process: a sidecar takes the name of a Service's port at its word,
// and a port declared HTTP has no filter chain for the client's TLS
// (pilot/pkg/networking/core/filterchain_options.go).
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/port_protocol.h"

namespace sni::analyze {

using namespace lookup;
using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

enum class Injected { yes, no, unknown };

class Sidecars {
  public:
    explicit Sidecars(const Model& model) {
        for (const Namespace& ns : model.manifest.namespaces) {
            const Labels& labels = ns.meta.labels;
            const auto injection = labels.find("istio-injection");
            const bool named = injection != labels.end();
            const bool on = named ? injection->second == "enabled"
                                  : labels.contains("istio.io/rev") &&
                                        !labels.contains("istio.io/dataplane-mode");
            const bool off = named && injection->second == "disabled";
            namespaces_[ns.meta.name.value] = on    ? Injected::yes
                                              : off ? Injected::no
                                                    : Injected::unknown;
        }
    }

    /// The pod's own word counts more than its namespace's.
    Injected of(const std::string& ns, const std::vector<const Pods*>& pods) const {
        for (const Pods* one : pods) {
            const Injected own = of_pod(*one->deployment);
            if (own != Injected::unknown) return own;
        }
        const auto found = namespaces_.find(ns);
        return found == namespaces_.end() ? Injected::unknown : found->second;
    }

  private:
    static Injected of_pod(const Deployment& deployment) {
        for (const Labels* texts : {&deployment.pod.labels.value, &deployment.pod.annotations,
                                    &deployment.meta.annotations}) {
            const auto found = texts->find("sidecar.istio.io/inject");
            if (found == texts->end()) continue;
            return found->second == "true" ? Injected::yes : Injected::no;
        }
        return Injected::unknown;
    }

    std::map<std::string, Injected> namespaces_;
};

}  // namespace

void check_port_protocols(const Model& model, Findings& findings) {
    const Sidecars sidecars(model);
    std::set<Spot> told;
    for (const Reached& reached : model.reached) {
        for (const Target& target : reached.chain->targets) {
            if (!target.service_port) continue;
            const ServicePort& port = *target.service_port;
            if (!is_http_in_plain(protocol_of(port))) continue;
            const Injected injected = sidecars.of(target.ns, reached.pods);
            const Text& word = port.app_protocol.value.empty() ? port.name : port.app_protocol;
            if (injected == Injected::no || !told.insert(word.at).second) continue;
            findings.add(
                injected == Injected::yes ? Level::error : Level::warning, code::kPortProtocol,
                word.at,
                fmt::format("port {} of Service {} is declared {}, and gets TLS that is passed "
                            "through",
                            port.port.value, quote(target.path()), quote(word.value)),
                injected == Injected::yes
                    ? "the pods have a sidecar, which takes such a port for plain HTTP and has no "
                      "filter chain for the client's TLS: connections are closed"
                    : "where the pods have a sidecar, it takes such a port for plain HTTP and "
                      "closes connections with the client's TLS",
                "name the port tls, https or tcp (or such a word with \"-\" and more behind it), "
                "or "
                "set appProtocol: tls");
        }
    }
}

}  // namespace sni::analyze
