#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/lines.h"

namespace sni::proof {

namespace {

std::string shown_error(const TicketSwap& swap) {
    return swap.error.empty() ? "" : fmt::format(" ({})", printable(swap.error));
}

/// The backend signed that it is in this client's own session: then a ticket that is not taken was
/// offered to another instance of it.
bool stated(const Evidence& e) {
    const auto* said = e.proof ? std::get_if<Statement>(&*e.proof) : nullptr;
    return said && e.exporter_sha256 && said->exporter_sha256 == e.exporter_sha256;
}

}  // namespace

Line ticket_line(const TicketSwap& swap, const Evidence& e) {
    if (!swap.taken_directly) {
        return against(Verdict::inconclusive, code::kNoTicket, "ticket",
                       fmt::format("{} gives no ticket that it takes back itself{}",
                                   printable(swap.direct), shown_error(swap)),
                       "does the backend resume sessions, and is DIRECT one instance of it?");
    }
    if (swap.offered == 0) {
        return against(Verdict::inconclusive, code::kNotLookedAt, "ticket",
                       fmt::format("no ticket of {} could be offered through the gateway{}",
                                   printable(swap.direct), shown_error(swap)),
                       "ask again when both of them answer");
    }
    if (swap.taken == swap.offered) {
        return pass("ticket",
                    fmt::format("{} of {} tickets earned at {} were taken through the gateway: who "
                                "ends TLS there has the backend's ticket keys",
                                swap.taken, swap.offered, printable(swap.direct)));
    }
    // Who took one has the keys: then the others met another instance, or somebody who picks.
    const bool accuses = swap.taken == 0 && !stated(e);
    return against(
        accuses ? Verdict::terminated : Verdict::inconclusive, code::kTicketRefused, "ticket",
        fmt::format("{} takes its own tickets, and through the gateway {} of {} were taken{}",
                    printable(swap.direct), swap.taken, swap.offered, shown_error(swap)),
        "somebody in between ends TLS; or the gateway leads to another instance, which does not "
        "share its ticket keys with DIRECT");
}

}  // namespace sni::proof
