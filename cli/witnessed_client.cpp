#include "cli/witnessed_client.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "certs/files.h"
#include "cli/client_course.h"
#include "lab/client/page.h"
#include "lab/router/router.h"
#include "lab/witness/record.h"

namespace sni::cli {

namespace {

using net::Clock;

/// So many connections of one client are asked about.
constexpr std::size_t kMostSessions = 1'000;

/// A witness right beside the client.
class Beside {
  public:
    explicit Beside(const Endpoint& to) : record_(kMostSessions), router_({}, options(to)) {}

    Endpoint listening() const { return router_.listening().front(); }
    /// All that it saw, when the client is done; what is still open is cut after a while.
    std::vector<proof::WitnessedSession> sessions() {
        router_.stop(std::chrono::seconds(1));
        return record_.sessions();
    }

  private:
    router::Options options(const Endpoint& to) {
        router::Options options;
        options.listen = {loopback(0)};
        options.threads = 1;
        options.blind = true;
        options.non_tls = to;
        options.observe = [this](const router::SessionRecord& connection) {
            return record_.watch(connection);
        };
        return options;
    }

    witness::Record record_;
    router::Router router_;
};

/// The last bytes may still be on their way to the service's witness.
bool on_its_way(const proof::WitnessedSession& here, const proof::ProofAnswer& answer) {
    const auto* said = std::get_if<proof::WitnessStatement>(&answer);
    if (!said || said->sessions.size() != 1) return false;
    const proof::WitnessedSession& there = said->sessions.front();
    return !there.ended && there.up.all.bytes < here.up.all.bytes;
}

proof::WitnessedPair ask_about(proof::WitnessedSession here, const Endpoint& witness,
                               const certs::IdentityPublicKey& identity, Clock::time_point began,
                               Clock::time_point deadline) {
    constexpr auto kSlack = std::chrono::milliseconds(100);
    constexpr auto kPause = std::chrono::milliseconds(5);
    proof::WitnessedPair pair{.here = std::move(here)};
    pair.question = {.nonce = client::fresh_nonce(),
                     .hello_sha256 = pair.here.hellos.front().sha256,
                     .sni = pair.here.sni};
    for (;;) {
        const auto now = Clock::now();
        pair.question.within = std::chrono::ceil<std::chrono::milliseconds>(now - began) + kSlack;
        const auto page = client::get_page(
            witness, to_target(pair.question),
            std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), kPause));
        if (!page) {
            pair.answer = proof::NoStatement{page.error()};
            return pair;
        }
        pair.answer = client::read_witness(*page, identity);
        if (!on_its_way(pair.here, pair.answer) || Clock::now() + kPause >= deadline) return pair;
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace

proof::WitnessedRun run_witnessed_client(const OwnClient& client, const client::Probe& probe,
                                         const certs::IdentityPublicKey& identity,
                                         std::chrono::milliseconds within) {
    const auto began = Clock::now();
    proof::WitnessedRun run{
        .client = client.name, .gateway = probe.gateway, .address = probe.at, .sni = probe.sni};
    if (!probe.witness) return run;
    const Endpoint& to = probe.at.value_or(probe.gateway);
    run.identity_served = is_served(to, probe, identity);
    const PrivateFolder folder;
    Beside beside(to);
    const Directions way{.host = probe.sni.value_or(probe.gateway.host),
                         .to = beside.listening(),
                         .connect = beside.listening(),
                         .path = probe.request.empty() ? "/" : probe.request,
                         .key_log = folder.path() / "keylog",
                         .folder = folder.path()};
    certs::write_file(way.key_log, "", 0600);
    const Captured captured = send(client, way, within);
    run.ended = ending_of(captured, within);
    end_if_interrupted(captured, client);
    const auto deadline = Clock::now() + probe.timeout;
    for (proof::WitnessedSession& session : beside.sessions()) {
        if (session.hellos.empty()) {
            ++run.not_tls;
        } else {
            run.connections.push_back(
                ask_about(std::move(session), *probe.witness, identity, began, deadline));
        }
    }
    run.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    return run;
}

}  // namespace sni::cli
