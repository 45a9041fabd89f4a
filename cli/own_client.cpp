#include "cli/own_client.h"

#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "certs/files.h"
#include "cli/beside.h"
#include "cli/client_course.h"
#include "lab/client/served.h"
#include "lab/client/tls_client.h"
#include "lab/core/encoding.h"
#include "lab/proof/key_logs.h"
#include "lab/session/exporter_secret.h"

namespace sni::cli {

namespace {

/// `said` is null when there is no statement.
std::optional<Digest> exporter_of(const proof::ExporterSecret& secret, const proof::Nonce& nonce,
                                  const proof::Statement* said) {
    const auto bytes = from_hex(secret.hex);
    if (!bytes) return std::nullopt;
    if (secret.tls_1_3) return session::exporter_digest(*bytes, nonce);
    const auto client_random = from_hex(secret.client_random);
    if (!client_random || !said || !said->tls || !said->server_random ||
        said->tls->version != "TLSv1.2")
        return std::nullopt;
    return session::exporter_digest(session::MasterSecret{.secret = *bytes,
                                                          .client_random = *client_random,
                                                          .server_random = *said->server_random,
                                                          .cipher_suite = said->tls->cipher_suite},
                                    nonce);
}

/// Behind run.answers, by which sessions below TLS 1.3 go.
void read_key_log(const std::string& file, proof::ClientRun& run) {
    try {
        const auto secrets = proof::exporter_secrets(certs::read_file(file));
        if (!secrets) {
            run.key_log_error = secrets.error();
            return;
        }
        for (proof::ClientAnswer& answer : run.answers) {
            const proof::Statement* said = proof::statement_in(answer.answer);
            for (const proof::ExporterSecret& secret : *secrets) {
                answer.sessions.push_back(
                    {.tls_1_3 = secret.tls_1_3,
                     .exporter_sha256 = exporter_of(secret, run.nonce, said)});
            }
        }
    } catch (const Failure& failure) {  // the client took it away, or wrote very much
        run.key_log_error = failure.what();
    }
}

/// One of each connection that it asked on. A further one that is no envelope is passed over: what
/// it came by is not proven then.
std::vector<proof::ClientAnswer> answers_in(const std::string& printed, const std::string& ended,
                                            const certs::IdentityPublicKey& identity) {
    std::vector<proof::ClientAnswer> answers;
    for (const std::string& envelope : proof::find_envelopes(printed)) {
        proof::ProofAnswer answer = client::read_proof(envelope, identity);
        if (!answers.empty() && std::holds_alternative<proof::BadEnvelope>(answer)) continue;
        answers.push_back({.answer = std::move(answer), .sessions = {}});
    }
    if (answers.empty()) {
        const std::string why =
            fmt::format("the client {}printed none", ended.empty() ? "" : ended + " and ");
        answers.push_back({.answer = proof::NoStatement{why}, .sessions = {}});
    }
    return answers;
}

/// Those of its connections that began TLS, and how many others said something.
proof::ClientWay seen_by(Beside& beside) {
    proof::ClientWay way{.connections = beside.sessions(), .let_go = beside.let_go()};
    std::erase_if(way.connections, [&](const proof::WitnessedSession& session) {
        if (session.hellos.empty() && session.up.all.bytes > 0) ++way.plain;
        return session.hellos.empty();
    });
    return way;
}

/// Runs the client in a folder that is gone when this returns, also where it throws.
void run_in_folder(const OwnClient& client, const client::Probe& probe, const Endpoint& to,
                   const certs::IdentityPublicKey& identity, std::chrono::milliseconds within,
                   proof::ClientRun& run) {
    Beside beside(to);
    const certs::PrivateFolder folder;
    const Directions way{.host = host_for(probe.sni, beside.listening()),
                         .to = beside.listening(),
                         .path = run.request,
                         .key_log = folder.path() / "keylog",
                         .folder = folder.path()};
    certs::write_file(way.key_log, "", 0600);
    const Captured captured = send(client, way, within);
    end_if_interrupted(captured, client);
    run.ended = ending_of(captured, within);
    run.way = seen_by(beside);
    run.answers = answers_in(captured.out, run.ended, identity);
    read_key_log(way.key_log, run);
}

}  // namespace

Result<bool, std::string> is_served(const Endpoint& to, const client::Probe& probe,
                                    const certs::IdentityPublicKey& identity,
                                    std::optional<Endpoint>* taken) {
    const auto chain = client::served_chain(
        {.to = to, .sni = probe.sni, .timeout = probe.timeout, .offer = probe.offer}, taken);
    if (chain) return identity.is_key_in(*chain);
    const proof::Trouble& why = chain.error();
    return std::unexpected(
        fmt::format("{}{}{}", to_string(why.how), why.detail.empty() ? "" : ": ", why.detail));
}

OwnClient own_client(std::vector<std::string> command) {
    const std::string file = std::filesystem::path(command.front()).filename();
    std::string name = printable(file.empty() ? command.front() : file);
    return {.name = std::move(name), .command = std::move(command)};
}

proof::ClientRun run_own_client(const OwnClient& client, const client::Probe& probe,
                                const certs::IdentityPublicKey& identity,
                                std::chrono::milliseconds within) {
    const auto start = net::Clock::now();
    proof::ClientRun run{.client = client.name,
                         .gateway = probe.gateway,
                         .address = probe.at,
                         .sni = probe.sni,
                         .nonce = client::fresh_nonce()};
    run.request = fmt::format("{}?nonce={}", proof::kPath, to_hex(run.nonce));
    const Endpoint& at = probe.at.value_or(probe.gateway);
    const auto addresses = client::addresses_of(at, start + probe.timeout);
    if (!addresses) {
        run.answers.front().answer = proof::NoStatement{addresses.error().detail};
        return run;
    }
    // Of localhost's that is where somebody listens, as for a probe of ours.
    std::optional<Endpoint> taken;
    const auto served = is_served(at, probe, identity, &taken);
    if (!run.address) run.address = taken;
    run.identity_served = served.value_or(false);
    if (!served) run.served_unseen = served.error();
    run_in_folder(client, probe, taken.value_or(addresses->front()), identity, within, run);
    run.took = std::chrono::duration_cast<std::chrono::milliseconds>(net::Clock::now() - start);
    return run;
}

}  // namespace sni::cli
