#include "lab/gateways/trial.h"

#include <atomic>
#include <utility>
#include <vector>

#include "certs/clock.h"
#include "certs/digest.h"
#include "lab/tls/ja4.h"

namespace sni::gateways {

using proof::Verdict;
using report::Control;

certs::CertBundle stage_certificate(certs::KeyType key) {
    return certs::issue({.names = {kStageHost},
                         .organization = "sni-lab self-test",
                         .key = key,
                         .not_before = wall_clock() - std::chrono::hours(1),
                         .not_after = wall_clock() + std::chrono::hours(1)});
}

Trial own_certificate(CheatingOptions gateway) {
    const certs::CertBundle own = stage_certificate(certs::KeyType::ec_p256);
    gateway.chain_pem = own.chain_pem();
    gateway.key = own.key;
    return {.name = "A0 own certificate", .gateway = std::move(gateway)};
}

Trial goes_on_in_plain(CheatingOptions gateway, const std::optional<Endpoint>& plain) {
    gateway.plain = plain;
    return {.name = "A1 goes on in plain text", .gateway = std::move(gateway)};
}

Trial reads_along(CheatingOptions gateway) {
    gateway.every = 0;
    return {.name = "A4 reads along with static RSA",
            .expected = Verdict::readable,
            .gateway = std::move(gateway),
            .only = client::TlsVersion::tls_1_2,
            .suites = "kRSA",
            .listens = true};
}

Trial every_third(CheatingOptions gateway) {
    gateway.every = 3;
    return {.name = "A5 every third connection", .gateway = std::move(gateway), .samples = 3};
}

Trial spares_ja4(const char* name, CheatingOptions gateway, std::string ja4) {
    gateway.picks = [ours = std::move(ja4)](const tls::HelloFacts& hello) {
        return tls::ja4(hello, certs::sha256) != ours;
    };
    return {.name = name, .gateway = std::move(gateway), .as = "python", .spares_curl = true};
}

Control Stage::play(const Trial& trial) const {
    CheatingOptions honest = trial.gateway;
    honest.every = 0;
    if (trial.listens) return listen(trial, honest);
    Control control{.name = trial.name, .expected = trial.expected};
    control.found = through(trial.gateway, trial, true, control);
    if (trial.spares_curl) {
        const Trial ordinary{.name = trial.name, .gateway = trial.gateway};
        const bool spared = through(trial.gateway, ordinary, true, control) == Verdict::proven;
        if (!spared) control.found = Verdict::inconclusive;
    }
    control.honest = through(honest, trial, false, control);
    return control;
}

/// Nobody was caught who could not really read, and nobody is honest who still could.
Control Stage::listen(const Trial& trial, CheatingOptions gateway) const {
    std::atomic<bool> read = false;
    gateway.overheard = [&read](std::string_view said) {
        if (said.starts_with("GET /status/418 ")) read = true;
    };
    Control control{.name = trial.name, .expected = trial.expected};
    control.found = through(gateway, trial, true, control);
    if (!read) control.found = Verdict::inconclusive;
    read = false;
    control.honest = through(gateway, trial, false, control);
    if (read) control.honest = Verdict::readable;
    return control;
}

/// What `trial` gets through a gateway of `options`; the control says where nobody could be
/// connected.
Verdict Stage::through(const CheatingOptions& options, const Trial& trial, bool cheats,
                       Control& control) const {
    const CheatingGateway gateway(options);
    client::Probe probe{.gateway = gateway.listening(),
                        .sni = kStageHost,
                        .timeout = timeout_,
                        .offer = client::offer_like(trial.as).value_or(client::Offer{})};
    probe.offer.only = trial.only;
    if (cheats && !trial.suites.empty()) probe.offer.suites = trial.suites;
    std::vector<proof::Check> samples;
    samples.reserve(static_cast<std::size_t>(trial.samples));
    for (int i = 0; i < trial.samples; ++i) {
        Asked asked = ask(trial, probe, cheats);
        const auto& trouble = asked.evidence.trouble;
        if (trouble && trouble->stage == proof::Stage::connect) {
            control.untried = asked.check.lines.front().text;
        }
        samples.push_back(std::move(asked.check));
    }
    return proof::weakest(samples).verdict;
}

}  // namespace sni::gateways
