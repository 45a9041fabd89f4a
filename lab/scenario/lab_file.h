// lab.yaml of a scenario: what a cluster has and its manifests do not say (who issued the
// certificates, what the gateway is told in its mesh's configuration), and what goes wrong on
// purpose. scenarios/README.md has every field.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/scenario/forgery.h"
#include "lab/scenario/scenario.h"
#include "lab/scenario/words.h"
#include "lab/yaml/source.h"

namespace sni::scenario {

/// How the certificate of a Secret is made that the manifests do not hold.
struct CertificateRecipe {
    std::string secret;              ///< "NAMESPACE/NAME"
    std::vector<std::string> names;  ///< none: those that lead to it
    bool cn_only = false;            ///< as the tutorial's openssl line makes it
    bool lab_ca = false;             ///< signed by the lab's CA; else by itself
    int valid_from = 0;              ///< days from now
    int valid_until = 365;
    std::string same_as;  ///< the very pair of this Secret
    Place place;
    bool operator==(const CertificateRecipe&) const = default;
};

/// What is special about the pods of one Deployment.
struct BackendSetting {
    enum class Fault { none, down, hang };
    std::string backend;  ///< "NAMESPACE/NAME"
    Fault fault = Fault::none;
    bool client_certificate = false;  ///< wants one that the lab's CA issued
    std::vector<std::string> alpn;    ///< none: http/1.1
    bool accept_proxy = false;        ///< connections begin with a PROXY header
    Place place;
    bool operator==(const BackendSetting&) const = default;
};

/// What the gateway is told about one of its ports.
struct GateSetting {
    std::uint16_t port = 443;
    std::optional<std::chrono::milliseconds> hello_timeout;
    std::optional<std::chrono::milliseconds> idle_timeout;
    int proxy_protocol = 0;           ///< version of the header that backends get; 0: none
    bool accept_proxy = false;        ///< its clients are proxies
    Forgery forgery = Forgery::none;  ///< how a server that ends TLS lies about the proof
    Place place;
    bool operator==(const GateSetting&) const = default;
};

struct LabFile {
    std::vector<CertificateRecipe> certificates;
    std::vector<BackendSetting> backends;
    std::vector<GateSetting> gates;
    bool operator==(const LabFile&) const = default;

    const CertificateRecipe* recipe_for(const SecretSpec& secret) const;
    /// Of a backend's name, replicas included ("ns/name/2").
    const BackendSetting* backend(const std::string& name) const;
    const GateSetting* gate(std::uint16_t port) const;
    /// Somebody needs the lab's CA.
    bool needs_authority() const;
};

/// `lab` is meaningful only when no diagnostic is an error.
struct ParsedLabFile {
    LabFile lab;
    std::vector<Diagnostic> diagnostics;  ///< in file order
};

/// Names in it must be those of `scenario`; without one (it could not be made out) nobody compares.
ParsedLabFile parse_lab_file(const File& file, const Scenario* scenario);

}  // namespace sni::scenario
