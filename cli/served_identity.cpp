#include "cli/served_identity.h"

#include <fmt/format.h>

#include "lab/client/served.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

constexpr std::chrono::milliseconds kLookPatience{2'000};
/// So often in a row TLS may break off before that is how the service is.
constexpr int kMostBroken = 4;

}  // namespace

std::string ServedIdentity::look() {
    const std::lock_guard lock(mutex_);
    const auto chain = client::served_chain(
        {.to = service_, .timeout = kLookPatience, .proxy_protocol = proxy_protocol_});
    if (!chain) {
        const proof::Trouble& why = chain.error();
        // A service that starts or stops; whoever speaks no TLS at once does not a second time.
        const bool may_pass = why.how == proof::Break::reset || why.how == proof::Break::closed ||
                              why.how == proof::Break::timed_out;
        unlooked_ = why.stage == proof::Stage::connect || (may_pass && ++broken_ < kMostBroken);
        return fmt::format(
            "not looked whether {} serves a certificate with this identity's key: {}{}{}\n",
            to_string(service_), to_string(why.how), why.detail.empty() ? "" : ": ",
            printable(why.detail));
    }
    served_ = identity_.is_key_in(*chain);
    unlooked_ = false;  // behind that, for who signs meanwhile
    broken_ = 0;
    if (!served_) return {};
    return fmt::format(
        "nothing is signed: this identity is the key of a certificate that {} serves\n",
        to_string(service_));
}

bool ServedIdentity::may_sign() {
    if (unlooked_) look();
    return !served_;
}

void refuse_served_identity(const Endpoint& service) {
    throw Failure(
        Exit::usage, code::kBadIdentity,
        fmt::format("the identity is the key of a certificate that {} serves", to_string(service)),
        "whoever ends TLS with that key could sign the witness's statements",
        "name a file that is not there yet with --identity: a new identity is made");
}

}  // namespace sni::cli
