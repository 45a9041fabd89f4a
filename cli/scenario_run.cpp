// One scenario: its own lab, or somebody's gateway, and its checks one after the other.
#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/store.h"
#include "cli/authority.h"
#include "cli/by_port.h"
#include "cli/certificates.h"
#include "cli/flags.h"
#include "cli/lab_setup.h"
#include "cli/manifest_files.h"
#include "cli/scenario.h"
#include "cli/scenario_steps.h"
#include "cli/state.h"
#include "cli/trust.h"
#include "lab/client/canaries.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

std::optional<std::string> certificate_of(const Loaded& loaded, const RunningLab& running,
                                          const std::string& who) {
    if (who == "lab-ca" && running.authority) return running.authority->cert_pem;
    if (who == "lab-ca" || who == "stranger") return make_authority(wall_clock()).cert_pem;
    for (std::size_t i = 0; i < loaded.scenario.backends.size(); ++i) {
        const auto& secret = loaded.scenario.backends[i].secret;
        if (secret && secret->ns + "/" + secret->name == who)
            return running.certificates[i].bundle.cert_pem;
    }
    return std::nullopt;
}

/// The certificate of the run's client, should a check show one; `authority` as
/// fresh_client_certificate() takes it.
std::optional<certs::CertBundle> client_certificate(const std::vector<scenario::Check>& checks,
                                                    const certs::CertBundle* authority) {
    const bool shown = std::ranges::any_of(
        checks, [](const scenario::Check& check) { return check.client.certificate; });
    return shown ? std::optional(client::fresh_client_certificate(authority)) : std::nullopt;
}

std::vector<play::Played> play_all(const std::vector<scenario::Check>& checks,
                                   const play::Stage& stage) {
    std::vector<play::Played> played;
    played.reserve(checks.size());
    for (const scenario::Check& check : checks) {
        played.push_back(play::play(check, stage));
    }
    return played;
}

std::vector<play::Played> play_in_lab(const LoadedScenario& files, const Loaded& loaded,
                                      const std::vector<scenario::Check>& checks) {
    play::Records records;
    const RunningLab running =
        start(loaded, {.on_record = [&](const router::SessionRecord& r) { records.add(r); },
                       .now = wall_clock()});
    Steps steps(*running.lab, files);
    const auto certificate =
        client_certificate(checks, running.authority ? &*running.authority : nullptr);
    const play::Stage stage{
        .gate = [&](std::uint16_t port) -> std::optional<Endpoint> {
            const GateRecord* gate = running.record.gate_for(port);
            if (!gate) return std::nullopt;
            return gate->endpoint;
        },
        .identity = running.identity,
        .leaf_for =
            [&](const std::optional<std::string>& sni) { return running.record.leaf_for(sni); },
        .trust = [&](const std::string& who) { return certificate_of(loaded, running, who); },
        .step = [&](const scenario::CheckStep& step) { return steps.take(step); },
        .client_certificate = certificate ? &*certificate : nullptr,
        .records = &records,
        .ours = true,
        .now = wall_clock(),
    };
    return play_all(checks, stage);
}

/// Where the Gateway ports of a scenario are served.
std::map<std::uint16_t, Endpoint> gateways_of(const ScenarioRunOptions& options,
                                              const std::vector<std::uint16_t>& ports) {
    return by_port({.flag = "--gateway",
                    .hint = "--gateway HOST:PORT, or --gateway 8443=HOST:PORT for one of several "
                            "Gateway ports",
                    .parse = parse_gateway,
                    .usual_port = true,
                    .for_many = options.all},
                   options.gateways, ports);
}

/// The PEMs of --trust.
std::map<std::string, std::string> trusts_of(const ScenarioRunOptions& options) {
    std::map<std::string, std::string> trusts;
    for (const std::string& text : options.trusts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Failure(Exit::usage, code::kUsage,
                          fmt::format("--trust \"{}\" cannot be used", printable(text)), {},
                          "write --trust lab-ca=FILE or --trust NAMESPACE/SECRET=FILE");
        }
        trusts[text.substr(0, equals)] = certs::read_file(text.substr(equals + 1));
    }
    return trusts;
}

std::vector<play::Played> play_at_gateway(const ScenarioRunOptions& options,
                                          const std::vector<std::uint16_t>& ports,
                                          const std::vector<scenario::Check>& checks) {
    const std::map<std::uint16_t, Endpoint> served = gateways_of(options, ports);
    const std::map<std::string, std::string> trusts = trusts_of(options);
    const bool own = options.identity.empty();
    const std::filesystem::path identity =
        own ? std::filesystem::path(identity_file(options.state).string() + ".pub")
            : options.identity;
    if (own && !is_there(identity, options.state)) {
        throw Failure(Exit::usage, code::kNoIdentity,
                      "--gateway needs the identity that the backends sign with",
                      fmt::format("there is no {}", identity.string()),
                      "copy the backends' identity FILE.pub here and add --identity FILE.pub");
    }
    std::optional<certs::CertBundle> certificate;
    if (!options.client_ca.empty()) {
        const certs::CertBundle authority = read_authority(options.client_ca);
        certificate = client_certificate(checks, &authority);
    }
    const play::Stage stage{
        .gate = [&](std::uint16_t port) -> std::optional<Endpoint> {
            const auto found = served.find(port);
            return found == served.end() ? std::nullopt : std::optional(found->second);
        },
        .identity = read_public_key(identity, own ? KeyFrom::state_folder : KeyFrom::flag,
                                    options.trust_file),
        .leaf_for = [](const auto&) { return std::nullopt; },
        .trust = [&](const std::string& who) -> std::optional<std::string> {
            const auto found = trusts.find(who);
            if (found != trusts.end()) return found->second;
            // Nobody's CA is easily had.
            if (who == "stranger") return make_authority(wall_clock()).cert_pem;
            return std::nullopt;
        },
        .step = {},
        .client_certificate = certificate ? &*certificate : nullptr,
        .records = nullptr,
        .ours = false,
        .now = wall_clock(),
    };
    return play_all(checks, stage);
}

}  // namespace

LoadedScenario load_to_run(const std::string& name, const ScenarioRunOptions& options) {
    LoadedScenario files =
        options.without_fault
            ? load_without_fault(name, options.cluster.default_namespace, options.cluster)
            : load_scenario(name, options.cluster.default_namespace, options.cluster);
    require_runnable(files, false);
    return files;
}

ScenarioRun run_scenario(LoadedScenario files, const ScenarioRunOptions& options) {
    const auto began = std::chrono::steady_clock::now();
    const std::vector<std::uint16_t> ports = files.scenario.gateway_ports;
    ScenarioRun run{.name = files.name, .without_fault = options.without_fault};
    const bool in_lab = options.gateways.empty();
    std::optional<Loaded> loaded;
    if (in_lab || !files.checks) loaded = load(files, false);
    run.warnings = loaded ? loaded->warnings : files.diagnostics;
    if (files.checks) run.teaches = files.checks->teaches;
    const std::vector<scenario::Check> checks =
        files.checks ? files.checks->checks : loaded->checks;
    run.checks =
        in_lab ? play_in_lab(files, *loaded, checks) : play_at_gateway(options, ports, checks);
    run.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    return run;
}

}  // namespace sni::cli
