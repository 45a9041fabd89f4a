// What the routes lead to, as the lab's own backends would stand there: behind which Service, with
// which certificate, beside which pods.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/manifest/manifest.h"
#include "lab/routing/listeners/listeners.h"
#include "lab/scenario/scenario.h"

namespace sni::exporting {

/// The Secret that a lab backend serves its certificate from.
struct TlsSecret {
    std::string name;
    bool in_files = false;  ///< the manifests hold it
    /// Whom its certificate is for: every name, but "*", of all that serve it; never empty.
    std::vector<std::string> hosts = {};
    bool operator==(const TlsSecret&) const = default;
};

/// Pods that the files put behind the same Service.
struct OtherPods {
    std::string kind;  ///< as it is written: Deployment, Pod, StatefulSet, …
    std::string name;
    std::int64_t replicas = 1;
    bool operator==(const OtherPods&) const = default;
};

/// A question that the routes answer with one workload.
struct Question {
    std::string sni;
    std::uint16_t port = 443;  ///< as the Gateway writes it
    bool alone = false;        ///< no other workload has a share of the name
    bool operator==(const Question&) const = default;
};

/// One port of the pods of one Service.
struct Workload {
    std::string name;  ///< what a backend signs there: "ns/deployment", else "ns/service"
    std::string ns;
    std::string service;
    manifest::Labels selector;
    std::uint16_t target_port = 0;
    std::string port_name;  ///< empty: the Service says a number
    TlsSecret secret;
    std::vector<std::string> hosts;  ///< the names that lead here: hosts, *.suffix or *
    std::vector<OtherPods> pods;
    /// One for each name that leads here for certain; none: every name is somebody else's, or no
    /// client can say it.
    std::vector<Question> questions = {};
    bool operator==(const Workload&) const = default;

    std::string path() const { return ns + "/" + service; }
    /// The first of its questions; nullptr: none.
    const Question* asked() const { return questions.empty() ? nullptr : &questions.front(); }
};

/// In the order of the routes. `scenario` is what the same manifests resolve to; it knows which
/// Secret a pod serves.
std::vector<Workload> workloads(const manifest::Manifest& manifest,
                                const routing::Listeners& listeners,
                                const scenario::Scenario& scenario);

/// How a lab backend gets its identity there.
enum class IdentityFrom {
    secret,  ///< sni-lab-identity of its own namespace
    itself,  ///< made when the pod starts, for a namespace that a gateway's pods are in
};
inline constexpr std::string_view kIdentitySecret = "sni-lab-identity";

/// As a document has them, `indent` before each.
std::string label_lines(const manifest::Labels& labels, std::string_view indent);
/// Its name; of its own, so that it can stand beside the pods that are there.
std::string deployment_name(const Workload& workload);
/// A Deployment of sni-lab backend that the Service selects. `alpn`: what it chooses from; none:
/// as it usually does.
std::string deployment(const Workload& workload, std::string_view image, IdentityFrom identity,
                       const std::vector<std::string>& alpn = {});

}  // namespace sni::exporting
