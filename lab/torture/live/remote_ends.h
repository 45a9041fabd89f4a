// Ends that another sni-lab listens as, beside the services that a cluster's gateway leads to: its
// page that states, signed, what they got; and whoever asks it.
#pragma once

#include "certs/identity.h"
#include "lab/admin/server.h"
#include "lab/core/endpoint.h"
#include "lab/torture/live/arrivals.h"
#include "lab/torture/live/ends.h"

namespace sni::torture {

/// kArrivalPath and /healthz. Both must outlive the pages.
admin::Pages pages_of(Ends& ends, const certs::Identity& identity);

class RemoteEnds : public Arrivals {
  public:
    /// `page`: an address where pages_of() are served; `identity`: who signs there.
    RemoteEnds(Endpoint page, certs::IdentityPublicKey identity)
        : page_(std::move(page)), identity_(std::move(identity)) {}

    /// Throws Failure(Exit::inconclusive) when the page does not answer, or another one signs.
    std::optional<Arrived> arrived(Bytes sent, net::Clock::time_point since,
                                   std::chrono::milliseconds patience) override;
    bool are_elsewhere() const override { return true; }

  private:
    const Endpoint page_;
    const certs::IdentityPublicKey identity_;
};

}  // namespace sni::torture
