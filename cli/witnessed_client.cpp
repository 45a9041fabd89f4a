#include "cli/witnessed_client.h"

#include <utility>

#include "certs/files.h"
#include "cli/beside.h"
#include "cli/client_course.h"
#include "lab/client/witness.h"

namespace sni::cli {

namespace {

using net::Clock;

/// How it ended. Its folder, with its key log, is gone then.
std::string run_beside(const OwnClient& client, const client::Probe& probe, const Endpoint& at,
                       std::chrono::milliseconds within) {
    const certs::PrivateFolder folder;
    const Directions way{.host = host_for(probe.sni, at),
                         .to = at,
                         .path = probe.request.empty() ? "/" : probe.request,
                         .key_log = folder.path() / "keylog",
                         .folder = folder.path()};
    certs::write_file(way.key_log, "", 0600);
    const Captured captured = send(client, way, within);
    end_if_interrupted(captured, client);
    return ending_of(captured, within);
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
    Beside beside(to);
    run.ended = run_beside(client, probe, beside.listening(), within);
    const auto deadline = Clock::now() + probe.timeout;
    for (proof::WitnessedSession& session : beside.sessions()) {
        if (session.hellos.empty()) {
            ++run.not_tls;
            if (session.up.all.bytes > 0) ++run.plain;
        } else {
            client::WitnessReply reply =
                client::ask_witness(*probe.witness,
                                    {.hello_sha256 = session.hellos.front().sha256,
                                     .sni = session.sni,
                                     .sent = session.up.all.bytes,
                                     .began = began},
                                    identity, deadline);
            run.connections.push_back(
                {std::move(session), std::move(reply.question), std::move(reply.answer)});
        }
    }
    run.let_go = beside.let_go();
    // Behind all questions: what a look leaves at the witness is nobody's that was asked about.
    const auto served = is_served(to, probe, identity);
    run.identity_served = served.value_or(false);
    if (!served) run.served_unseen = served.error();
    run.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    return run;
}

}  // namespace sni::cli
