// Namespaces, Services and the volumes of pods.
#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/core/encoding.h"
#include "lab/lookup/port_protocol.h"
#include "lab/manifest/codes.h"

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

/// What `export` calls the key by which a backend of ours signs.
constexpr std::string_view kIdentitySecret = "sni-lab-identity";

constexpr std::array<std::string_view, 4> kSystemNamespaces = {"kube-node-lease", "kube-public",
                                                               "kube-system", "local-path-storage"};

/// Those that Istio's analyzers leave out (pkg/kube/inject).
bool is_system(std::string_view ns) {
    return std::ranges::find(kSystemNamespaces, ns) != kSystemNamespaces.end();
}

/// A part of Istio's own installation, by its labels.
bool is_of_istio(const Meta& meta) {
    const auto release = meta.labels.find("release");
    return meta.labels.contains("istio") ||
           (release != meta.labels.end() && release->second == "istio");
}

/// Of type ExternalName, whose ports sidecars open for every address.
void check_outside_port(const Service& service, const ServicePort& port, Findings& findings) {
    const bool bare = port.name.value == "tcp";
    if (!bare && !lookup::protocol_of(port).empty()) return;
    findings.add(Level::warning, code::kExternalPortName,
                 port.name.value.empty() ? port.at : port.name.at,
                 fmt::format("port {} of Service {} takes connections for every address",
                             port.port.value, quote(service.meta.path())),
                 "a Service of type ExternalName has no address of its own, and where its port is "
                 "TCP a sidecar has nothing else to go by",
                 "name the port tls, https-something or http-something");
}

void check_port_name(const Service& service, const ServicePort& port, Findings& findings) {
    if (service.type.value == "ExternalName") return check_outside_port(service, port, findings);
    if (!lookup::protocol_of(port).empty()) return;
    const Text& given = port.app_protocol;
    std::string what = "has no name";
    if (!given.value.empty()) {
        what = fmt::format("has the unknown appProtocol {}", quote(given.value));
    } else if (!port.name.value.empty()) {
        what = fmt::format("has the name {}, which says no protocol", quote(port.name.value));
    }
    findings.add(
        Level::info, code::kPortName,
        !given.value.empty()       ? given.at
        : !port.name.value.empty() ? port.name.at
                                   : port.at,
        fmt::format("port {} of Service {} {}", port.port.value, quote(service.meta.path()), what),
        "sidecars then guess its protocol; what is passed through by SNI is not affected",
        "name it tls, https-something, or set appProtocol");
}

class Volumes {
  public:
    Volumes(const Model& model, Findings& findings) : model_(model), findings_(findings) {
        for (const Secret& secret : model.manifest.secrets) {
            namespace_of_.emplace(secret.meta.name.value, secret.meta.ns.value);
        }
    }

    void check(const Meta& owner, const PodTemplate& pod) {
        for (const Volume& volume : pod.volumes) {
            if (!volume.secret || volume.optional) continue;
            const auto found = model_.secrets.find(owner.ns.value + "/" + volume.secret->value);
            if (found == model_.secrets.end()) {
                report_missing(owner, volume, *volume.secret);
            } else if (!found->second->meta.flawed) {
                check_items(volume, *found->second);
            }
        }
    }

  private:
    void report_missing(const Meta& owner, const Volume& volume, const Text& name) {
        const auto elsewhere = namespace_of_.find(name.value);
        if (elsewhere != namespace_of_.end()) {
            findings_.add(Level::warning, manifest::code::kSecretMissing, name.at,
                          fmt::format("there is no Secret {} in namespace {}", quote(name.value),
                                      quote(owner.ns.value)),
                          fmt::format("there is one in namespace {}, which this pod cannot mount",
                                      quote(elsewhere->second)),
                          "a Secret belongs in the namespace of the pod that mounts it");
            return;
        }
        findings_.add(Level::info, manifest::code::kSecretMissing, name.at,
                      fmt::format("Secret {} is not in these files", quote(name.value)),
                      "without it the pod never starts",
                      "make it in the cluster: " + command_for(owner, volume, name));
    }

    /// A pair for TLS, unless the volume asks for other keys.
    static std::string command_for(const Meta& owner, const Volume& volume, const Text& secret) {
        const std::string ns = command_word(owner.ns.value, "NAMESPACE");
        const std::string name = command_word(secret.value, "NAME");
        const bool pair =
            volume.items.empty() || std::ranges::any_of(volume.items, [](const VolumeItem& item) {
                return item.key.value == "tls.crt" || item.key.value == "tls.key";
            });
        if (pair && name != kIdentitySecret) {
            return fmt::format("kubectl create -n {} secret tls {} --cert=tls.crt --key=tls.key",
                               ns, name);
        }
        std::string command = fmt::format("kubectl create -n {} secret generic {}", ns, name);
        if (volume.items.empty()) return command + " --from-file=FILE";
        for (const VolumeItem& item : volume.items) {
            const std::string key = command_word(item.key.value, "KEY");
            command += fmt::format(" --from-file={}", key);
        }
        return command;
    }

    void check_items(const Volume& volume, const Secret& secret) {
        for (const VolumeItem& item : volume.items) {
            if (secret.data.contains(item.key.value)) continue;
            findings_.error(manifest::code::kSecretMissing, item.key.at,
                            fmt::format("Secret {} has no key {}", quote(secret.meta.path()),
                                        quote(item.key.value)),
                            "without it the pod never starts", "name one of its keys");
        }
    }

    const Model& model_;
    Findings& findings_;
    std::unordered_map<std::string, std::string> namespace_of_;
};

}  // namespace

void check_namespaces(const Model& model, Findings& findings) {
    for (const Namespace& ns : model.manifest.namespaces) {
        const Labels& labels = ns.meta.labels;
        const bool chosen = labels.contains("istio-injection") || labels.contains("istio.io/rev") ||
                            labels.contains("istio.io/dataplane-mode");
        const std::string& name = ns.meta.name.value;
        if (chosen || ns.meta.flawed || is_system(name) || name == "istio-system") continue;
        findings.add(Level::info, code::kNotInjected, ns.meta.name.at,
                     fmt::format("pods of namespace {} get no sidecar", quote(ns.meta.name.value)),
                     "passthrough works without one",
                     fmt::format("kubectl label namespace {} istio-injection=enabled, or =disabled "
                                 "if that is what you want",
                                 command_word(ns.meta.name.value, "NAMESPACE")));
    }
}

void check_port_names(const Model& model, Findings& findings) {
    for (const Service& service : model.manifest.services) {
        if (is_system(service.meta.ns.value) || is_of_istio(service.meta)) continue;
        for (const ServicePort& port : service.ports) {
            check_port_name(service, port, findings);
        }
    }
}

void check_volumes(const Model& model, Findings& findings) {
    Volumes volumes(model, findings);
    for (const Deployment& deployment : model.manifest.deployments) {
        volumes.check(deployment.meta, deployment.pod);
    }
}

}  // namespace sni::analyze
