#include "cli/verify_clients.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/flags.h"
#include "cli/known_clients.h"
#include "cli/witnessed_client.h"
#include "lab/client/served.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/judge/own_client.h"

namespace sni::cli {

namespace {

/// A browser takes its time to start.
constexpr std::chrono::milliseconds kPatience(60'000);

/// Between a check's name and the client's.
constexpr std::string_view kBy = " by ";

/// --clients, each once.
std::vector<std::string> named(const VerifyOptions& options) {
    std::vector<std::string> names;
    for (const std::string& name : options.clients) {
        if (std::ranges::count(names, name) == 0) names.push_back(name);
    }
    return names;
}

std::vector<OwnClient> clients_of(const VerifyOptions& options) {
    if (!options.command.empty()) return {own_client(options.command)};
    std::vector<OwnClient> clients;
    for (const std::string& name : named(options)) {
        if (std::ranges::count(known_clients(), name) == 0) {
            refuse(fmt::format("--clients: nobody knows {}", printable(name)),
                   fmt::format("those known are {}; any other is run by -- CMD…",
                               fmt::join(known_clients(), ", ")));
        }
        if (auto client = known_client(name)) clients.push_back(std::move(*client));
    }
    if (clients.empty()) {
        refuse("--clients: none of them is installed here",
               "install one, or run the client that you have: -- CMD…");
    }
    return clients;
}

/// Nobody is run where the gateway's name leads nowhere.
proof::Check judged_once(const OwnClient& client, const Question& question,
                         const certs::IdentityPublicKey& identity, const VerifyOptions& options,
                         const std::string& name) {
    const client::Probe& probe = question.probe;
    const auto within = options.timeout_given ? options.timeout : kPatience;
    if (question.trouble) {
        return proof::judge_client(
            {.client = client.name,
             .gateway = probe.gateway,
             .sni = probe.sni,
             .answers = {{proof::NoStatement{question.trouble->detail}, {}}}},
            question.expectation, name);
    }
    if (probe.witness) {
        return proof::judge_witnessed(run_witnessed_client(client, probe, identity, within),
                                      question.expectation, name);
    }
    return proof::judge_client(run_own_client(client, probe, identity, within),
                               question.expectation, name);
}

}  // namespace

bool asks_clients(const VerifyOptions& options) {
    return !options.command.empty() || !options.clients.empty();
}

std::vector<proof::Check> ask_clients(const Question& question,
                                      const certs::IdentityPublicKey& identity,
                                      const VerifyOptions& options,
                                      std::chrono::steady_clock::time_point deadline) {
    const client::Probe& probe = question.probe;
    const auto patience =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const bool waits = patience.count() > 0 && !question.trouble;
    // Other clients give up at once. Who never comes is theirs to tell.
    if (waits) client::wait_until_taken(probe.at.value_or(probe.gateway), patience);
    std::vector<proof::Check> checks;
    for (const OwnClient& client : clients_of(options)) {
        const std::string name = fmt::format("{}{}{}", question.name, kBy, client.name);
        std::vector<proof::Check> samples;
        samples.reserve(static_cast<std::size_t>(options.samples));
        for (int i = 0; i < options.samples; ++i) {
            samples.push_back(judged_once(client, question, identity, options, name));
        }
        checks.push_back(proof::weakest(samples));
    }
    return checks;
}

std::string missing_clients(const VerifyOptions& options) {
    std::string names;
    for (const std::string& name : named(options)) {
        const bool known = std::ranges::count(known_clients(), name) != 0;
        if (known && !known_client(name)) names += (names.empty() ? "" : ", ") + name;
    }
    return names.empty() ? "" : fmt::format("Not installed here, so not asked: {}\n", names);
}

namespace {

/// What was chosen, or in brackets what was offered, where that alone is to be seen.
std::string alpn_of(const proof::Seen& seen) {
    if (!seen.client_alpn.empty())
        return printable(fmt::format("({})", fmt::join(seen.client_alpn, ",")));
    if (!seen.client_tls) return "?";
    return seen.client_tls->alpn.empty() ? "none" : printable(seen.client_tls->alpn);
}

}  // namespace

std::string client_table(const report::Report& report) {
    const auto row = [](std::string_view client, std::string_view ja4, std::string_view alpn,
                        std::string_view tls, std::string_view verdict) {
        return fmt::format("  {:<10} {:<37} {:<13} {:<8} {}\n", client, ja4, alpn, tls, verdict);
    };
    std::string text;
    for (const proof::Check& check : report.checks) {
        const std::size_t by = check.name.rfind(kBy);
        if (by == std::string::npos) continue;  // nobody was run
        const std::string client = check.name.substr(by + kBy.size());
        const auto& tls = check.seen.client_tls;
        text +=
            row(printable(client), printable(check.seen.client_ja4.value_or("?")),
                alpn_of(check.seen), tls ? printable(tls->version) : "?", to_string(check.verdict));
    }
    return text.empty() ? "" : row("client", "JA4", "ALPN", "TLS", "verdict") + text + "\n";
}

}  // namespace sni::cli
