// From a destination to the pods behind it, and the certificate that they serve; what is missing on
// the way becomes a finding.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/lookup/services.h"
#include "lab/manifest/manifest.h"
#include "lab/scenario/scenario.h"
#include "lab/scenario/words.h"

namespace sni::scenario {

/// The pods of one Deployment, at one port. All of them are alike.
struct Pods {
    const Deployment* deployment = nullptr;
    std::uint16_t target_port = 0;
    std::size_t replicas = 0;
    std::optional<SecretSpec> secret;  ///< without names; nothing: plain text
};

class Endpoints {
  public:
    /// `services` are the manifest's; all three must outlive it. `unknown`: how what these files
    /// leave open is reported. Who wants to run it is stopped by that, so nothing may be left open
    /// then.
    Endpoints(const Manifest& manifest, const Services& services, Findings& findings,
              Level unknown = Level::error);
    ~Endpoints();

    /// The pods behind a destination. Empty: there are none, and somebody has said so.
    std::vector<const Pods*> find(const Target& target);
    /// Only that there is such a Service with such a port.
    void look_up(const Target& target);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::scenario
