#include "cli/verify_questions.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "certs/store.h"
#include "cli/certificates.h"
#include "cli/flags.h"
#include "cli/pem_files.h"
#include "cli/state.h"
#include "cli/trust.h"
#include "lab/client/canaries.h"
#include "lab/client/tls_client.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/play/expectations.h"

namespace sni::cli {

namespace {

[[noreturn]] void usage(std::string message, std::string why, std::string hint) {
    throw Failure(Exit::usage, code::kUsage, std::move(message), std::move(why), std::move(hint));
}

std::optional<Endpoint> address(std::string_view flag, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) {
        usage(fmt::format("{} \"{}\" cannot be used", flag, printable(text)), endpoint.error(),
              fmt::format("write {} HOST:PORT", flag));
    }
    return *endpoint;
}

/// What the flags change about a question, whoever asks it.
void apply(const VerifyOptions& options, Question& question) {
    if (!options.request.empty()) {
        question.probe.request = options.request;
        question.expectation.status = std::nullopt;  // the check's own belongs to its own path
    }
    if (options.expect_status) question.expectation.status = options.expect_status;
    if (!options.backend.empty()) question.expectation.backend = options.backend;
}

/// The commands that renew the certificate for `sni`: of a pair that certgen made, in a scenario
/// that can be named again; empty for any other.
std::string renewal_for(const LabRecord& record, const std::optional<std::string>& sni,
                        const std::filesystem::path& state) {
    const auto backends = record.backends_for(sni);
    const std::string word = record.scenario_word();
    if (!sni || backends.empty() || word.empty()) return "";
    const certs::PairPaths own = certs::pair_paths(certs_folder(state), *sni);
    if (backends.front()->cert_file != std::filesystem::absolute(own.cert)) return "";
    const std::string flag = state_flag(state);
    return fmt::format(
        "sni-lab certgen{0} --force {1} && sni-lab down{0} && sni-lab up{0} {2} --detach", flag,
        *sni, word);
}

/// Of a check: the backend's alert to a client that shows no certificate.
constexpr std::string_view kNoCertificate = "certificate_required";

/// The question of one check, with what the flags change about it.
Question question_for(const scenario::Check& check, const LabRecord& record,
                      const VerifyOptions& options, const Flags& flags) {
    const GateRecord* gate = record.gate_for(check.port);
    if (!gate) {
        usage(fmt::format("check \"{}\" asks Gateway port {}", printable(check.name), check.port),
              "no Gateway of the scenario has that port", "correct port: in checks.yaml");
    }
    Question question{
        .name = check.name,
        .probe = {.gateway = gate->endpoint,
                  .sni = check.sni,
                  .request = check.request,
                  .timeout = options.timeout,
                  .ca_pem = flags.ca_pem,
                  .offer = flags.offer,
                  .certificate = flags.client_certificate},
        .expectation = {.leaf_sha256 = record.leaf_for(check.sni),
                        .pin = flags.pin,
                        .status = check.status,
                        .backend = check.backend,
                        .renewal = renewal_for(record, check.sni, options.state)},
        .verdict = check.verdict,
        .check = check,
    };
    // With another question the check's own words are no longer to be expected.
    const bool other = !options.request.empty() || options.expect_status ||
                       !options.backend.empty() || flags.client_certificate;
    if (other) question.check.reset();
    // Who shows a certificate does not ask what becomes of those that show none.
    if (flags.client_certificate && check.details.says == kNoCertificate) {
        question.name = check.sni.value_or("no SNI");
        question.verdict = proof::Verdict::proven;
    }
    apply(options, question);
    return question;
}

/// What is sent beside a probe of ours has no place beside another client.
void refuse_mixtures(const VerifyOptions& options) {
    if (!options.gateway.empty())
        refuse_cluster(options.cluster, "--gateway is asked as it is, whatever its manifests say",
                       "leave it out; --sni says which name to ask for");
    if (options.command.empty() && options.clients.empty()) return;
    if (!options.command.empty() && !options.clients.empty()) {
        usage("--clients and -- CMD exclude each other", {}, "ask twice");
    }
    const std::pair<const char*, bool> ours[] = {
        {"--as", options.hello.as != HelloFlags().as},
        {"--tls", !options.hello.tls.empty()},
        {"--alpn", !options.hello.alpn.empty()},
        {"--groups", !options.hello.groups.empty()},
        {"--canary", options.canary},
        {"--client-cert", !options.client.cert.empty()},
        {"--client-ca", !options.client_ca.empty()},
        {"--backend-admin", !options.backend_admin.empty()},
        {"--ticket-swap", !options.ticket_swap.empty()},
        {"--request", !options.request.empty() && options.witness.empty()},
        {"--expect-status", options.expect_status.has_value()},
        {"--tls-only", options.tls_only},
        {"--cacert", !options.cacert.empty()},
        {"--pin", !options.pin.empty()},
    };
    if (!options.save.empty()) {
        usage("what another client showed cannot be saved",
              "a saved proof is what verify's own connection saw, byte for byte",
              "leave --save out: --json and --junit keep the answer; or save one without a client");
    }
    for (const auto& [flag, given] : ours) {
        if (!given) continue;
        usage(fmt::format("{} belongs to verify's own client", flag),
              "another client sends and judges what it likes",
              "give its own flags to the client, or ask twice");
    }
}

/// So many addresses of one name are asked.
constexpr std::size_t kMostAddresses = 64;

/// Each address of a gateway may be another gateway. Of a name that stands for this very machine
/// whoever listens there is the one.
std::vector<Question> at_each_address(Question question, const VerifyOptions& options) {
    const Endpoint& gateway = question.probe.gateway;
    const bool here = gateway.host == "localhost" || gateway.host.ends_with(".localhost");
    if (gateway.kind != Endpoint::Kind::name || here) return {std::move(question)};
    auto found = client::addresses_of(gateway, net::Clock::now() + options.timeout);
    if (!found) {
        question.trouble = std::move(found.error());
        return {std::move(question)};
    }
    std::vector<Endpoint> addresses;
    for (const Endpoint& address : *found) {
        const bool wanted = address.kind == Endpoint::Kind::ipv4 ? !options.ipv6 : !options.ipv4;
        if (wanted && std::ranges::count(addresses, address) == 0) addresses.push_back(address);
    }
    if (addresses.empty()) {
        question.trouble = proof::Trouble{
            .how = proof::Break::unreachable,
            .detail = fmt::format("\"{}\" has no address of the kind asked for", gateway.host)};
        return {std::move(question)};
    }
    const std::size_t asked = std::min(addresses.size(), kMostAddresses);
    std::vector<Question> questions;
    for (std::size_t i = 0; i < asked; ++i) {
        Question& each = questions.emplace_back(question);
        each.probe.at = addresses[i];
        if (addresses.size() == 1) continue;
        each.name += " at " + to_string(addresses[i]);
        each.note = fmt::format("{} is number {} of the {} addresses of {}",
                                to_string(addresses[i]), i + 1, addresses.size(), gateway.host);
    }
    if (asked < addresses.size()) {
        question.name += " at its other addresses";
        question.unasked = fmt::format("{} of the {} addresses of {} were not asked, from {} on",
                                       addresses.size() - asked, addresses.size(), gateway.host,
                                       to_string(addresses[asked]));
        questions.push_back(std::move(question));
    }
    return questions;
}

}  // namespace

Flags read_flags(const VerifyOptions& options) {
    refuse_mixtures(options);
    Flags flags{.offer = read_hello(options.hello)};
    flags.ca_pem = read_anchors(options.cacert);
    flags.pin = read_pin(options.pin);
    if (!options.identity.empty())
        flags.identity =
            read_public_key(options.identity, KeyFrom::flag, options.trust_file, options.timeout);
    flags.asks_by_name = options.no_sni || !options.sni.empty();
    if (!options.sni.empty()) flags.sni = name_to_send(options.sni);
    if (!options.client_ca.empty()) {
        const certs::CertBundle authority =
            read_authority(options.client_ca, options.client_ca_key);
        flags.client_certificate = client::fresh_client_certificate(&authority);
    }
    if (!options.client.cert.empty()) flags.client_certificate = read_client_pair(options.client);
    flags.backend_admin = address("--backend-admin", options.backend_admin);
    flags.ticket_swap = address("--ticket-swap", options.ticket_swap);
    flags.witness = address("--witness", options.witness);
    if (!options.request.empty() && !scenario::is_request_path(options.request)) {
        usage(fmt::format("--request \"{}\" is no path to ask for", printable(options.request)), {},
              "write a path such as /status/418");
    }
    return flags;
}

std::vector<Question> questions_for(const LabRecord& record, const VerifyOptions& options,
                                    const Flags& flags) {
    std::vector<scenario::Check> checks = record.checks;
    if (flags.asks_by_name) {
        scenario::Check check;
        check.name = flags.sni.value_or("no SNI");
        check.sni = flags.sni;
        check.port = record.gate_for(443) ? 443 : record.gates.front().port;
        check.status = 418;
        checks = {check};
    }
    // What other clients must be refused is for a probe of ours to see.
    const bool by_others = !options.command.empty() || !options.clients.empty();
    if (by_others) {
        std::erase_if(checks, [](const scenario::Check& check) {
            return check.verdict != proof::Verdict::proven;
        });
        if (checks.empty()) {
            usage("no name of this lab is to be proven, so another client has none to ask for", {},
                  "add --sni NAME");
        }
    }
    std::vector<Question> questions;
    questions.reserve(checks.size());
    for (const scenario::Check& check : checks) {
        questions.push_back(question_for(check, record, options, flags));
    }
    return questions;
}

std::vector<Question> gateway_questions(const VerifyOptions& options, const Flags& flags) {
    const auto gateway = parse_gateway(options.gateway);
    if (!gateway) usage("--gateway cannot be used", gateway.error(), "write --gateway HOST:PORT");
    if (!flags.asks_by_name) {
        usage("--gateway needs the name to ask for",
              "SNI decides where a passthrough gateway sends the connection",
              "add --sni NAME, or --no-sni");
    }
    Question question{
        .name = flags.sni.value_or("no SNI"),
        .probe = {.gateway = *gateway,
                  .sni = flags.sni,
                  .timeout = options.timeout,
                  .ca_pem = flags.ca_pem,
                  .offer = flags.offer,
                  .certificate = flags.client_certificate},
        .expectation = {.pin = flags.pin, .status = 418},
    };
    if (flags.witness || (flags.ticket_swap && !flags.identity)) {
        // Any service: nobody knows what it answers.
        question.probe.witness = flags.witness;
        question.probe.request = options.tls_only ? "" : "/";
        question.expectation.status.reset();
    }
    apply(options, question);
    return at_each_address(std::move(question), options);
}

}  // namespace sni::cli
