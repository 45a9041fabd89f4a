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
    /// `page`: an address where pages_of() are served; `identity`: who signs there; `patience`: how
    /// long a page that does not answer, or not as it should, is asked again.
    RemoteEnds(Endpoint page, certs::IdentityPublicKey identity, std::chrono::milliseconds patience)
        : page_(std::move(page)), identity_(std::move(identity)), patience_(patience) {}

    Result<Mark, std::string> mark(const net::Wakeup& stop) override;
    Result<std::optional<Arrived>, std::string> arrived(Bytes sent, const Mark& since,
                                                        std::chrono::milliseconds patience,
                                                        const net::Wakeup& stop) override;

    /// Whoever can ask them what they got need not be whom they obey.
    bool arrange(const Meanwhile&) override { return false; }

  private:
    Result<ArrivalStatement, std::string> ask(ArrivalQuestion question,
                                              const net::Wakeup& stop) const;
    Result<ArrivalStatement, std::string> ask_once(const ArrivalQuestion& question,
                                                   std::chrono::milliseconds within) const;

    const Endpoint page_;
    const certs::IdentityPublicKey identity_;
    const std::chrono::milliseconds patience_;
};

}  // namespace sni::torture
