// From a destination's host and port to the pods behind it: Service, target port, selector, pod,
// and the certificate that the pod serves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/manifest/manifest.h"
#include "lab/manifest/setting.h"
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
    /// `unknown`: how what these files leave open is reported. Who wants to run it is stopped by
    /// that, so nothing may be left open then.
    Endpoints(const Manifest& manifest, Findings& findings, const Setting& setting = {},
              Level unknown = Level::error);
    ~Endpoints();

    /// Where `destination` of a rule in `service` leads. Empty: nowhere, and somebody has said so.
    /// `gateway_port` stands in for a port that is left out.
    std::vector<const Pods*> find(const VirtualService& service, const Destination& destination,
                                  std::uint16_t gateway_port);
    /// Only that there is such a Service with such a port.
    void look_up(const VirtualService& service, const Destination& destination,
                 std::uint16_t gateway_port);
    /// Of a port that a TLSRoute names.
    std::vector<const Pods*> find(const Service& service, const ServicePort& port);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::scenario
