#include "lab/client/backend_sessions.h"

#include <chrono>

#include "lab/client/page.h"
#include "lab/proof/judge/sessions.h"

namespace sni::client {

using Clock = std::chrono::steady_clock;

proof::SessionLookup ask_for_session(const Endpoint& admin, const proof::Evidence& probe,
                                     std::chrono::milliseconds timeout) {
    const auto began = Clock::now() - probe.took;
    const auto page = get_page(admin, std::string(proof::kSessionsPath), timeout);
    if (!page) return {.error = page.error()};
    const auto sessions = proof::parse_sessions(*page);
    if (!sessions) return {.error = sessions.error()};
    const auto ago = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - began);
    return proof::look_up(*sessions, probe.hellos, ago + std::chrono::milliseconds(1));
}

}  // namespace sni::client
