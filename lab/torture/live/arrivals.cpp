#include "lab/torture/live/arrivals.h"

#include <fmt/format.h>

#include "certs/digest.h"

namespace sni::torture {

Arrived compared(Bytes sent, const Visit& visit) {
    const auto& [bytes, sha256] = visit.received;
    return {.target = visit.target,
            .ended = visit.ended,
            .bytes = bytes,
            .same = bytes <= sent.size() && certs::sha256(sent.first(bytes)) == sha256};
}

std::string incomplete(const ArrivalStatement& said, const Mark& mark) {
    if (said.run != mark.run) return "the ends were started again meanwhile";
    if (said.visit || said.complete_after <= mark.visits) return "";
    return fmt::format("the ends remember all visits behind number {}, and this began behind {}",
                       said.complete_after, mark.visits);
}

}  // namespace sni::torture
