#include "cli/beside.h"

namespace sni::cli {

namespace {

/// So many connections of one client are looked at.
constexpr std::size_t kMostSessions = 1'000;

}  // namespace

Beside::Beside(const Endpoint& to)
    : record_(kMostSessions), router_({}, witness::relay(to, record_)) {}

std::vector<proof::WitnessedSession> Beside::sessions() {
    router_.stop(std::chrono::seconds(1));
    return record_.sessions();
}

}  // namespace sni::cli
