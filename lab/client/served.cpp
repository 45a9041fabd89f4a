#include "lab/client/served.h"

#include <thread>

#include "lab/client/dial.h"
#include "lab/net/timer.h"

namespace sni::client {

namespace {

/// PostgreSQL closes upon a ClientHello, or sends an alert where it takes one that names its ALPN.
/// Who says something else, or nothing, is somebody else.
bool may_be_postgres(const proof::Trouble& trouble) {
    using proof::Break;
    return trouble.stage == proof::Stage::handshake &&
           (trouble.how == Break::closed || trouble.how == Break::reset ||
            trouble.how == Break::alert);
}

}  // namespace

Result<std::string, proof::Trouble> served_chain(const Dial& dial, std::optional<Endpoint>* taken) {
    const auto deadline = net::Clock::now() + dial.timeout;
    Attempt attempt;
    const auto at_once = TlsConnection::open(dial, &attempt);
    if (taken) *taken = attempt.address;
    if (!attempt.chain_pem.empty()) return std::move(attempt.chain_pem);
    if (at_once) return std::string();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - net::Clock::now());
    if (!may_be_postgres(at_once.error()) || left.count() <= 0)
        return std::unexpected(at_once.error());
    Dial again = dial;
    again.timeout = left;
    again.offer.alpn.clear();
    again.behind_ssl_request = true;
    if (!TlsConnection::open(again, &attempt) && attempt.chain_pem.empty())
        return std::unexpected(at_once.error());
    return std::move(attempt.chain_pem);
}

bool wait_until_taken(const Endpoint& to, std::chrono::milliseconds patience) {
    const auto deadline = net::Clock::now() + patience;
    while (!connect_to(to, deadline)) {
        if (net::Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

}  // namespace sni::client
