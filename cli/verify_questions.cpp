#include "cli/verify_questions.h"

#include <utility>

#include <fmt/format.h>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/certificates.h"
#include "cli/flags.h"
#include "lab/client/canaries.h"
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
                        .backend = check.backend},
        .verdict = check.verdict,
        .check = check,
    };
    // With another question the check's own words are no longer to be expected.
    const bool other = !options.request.empty() || options.expect_status ||
                       !options.backend.empty() || flags.client_certificate;
    if (other) question.check.reset();
    apply(options, question);
    return question;
}

}  // namespace

Flags read_flags(const VerifyOptions& options) {
    Flags flags{.offer = read_hello(options.hello)};
    if (!options.cacert.empty()) {
        flags.ca_pem = certs::read_file(options.cacert);
        if (const auto anchors = certs::inspect(*flags.ca_pem); !anchors) {
            throw Failure(Exit::usage, code::kUnreadableFile,
                          fmt::format("--cacert {} holds no certificate", options.cacert.string()),
                          anchors.error());
        }
    }
    if (!options.pin.empty()) {
        flags.pin = digest_from_hex(options.pin);
        if (!flags.pin) {
            usage(fmt::format("--pin \"{}\" is no SHA-256", printable(options.pin)),
                  "64 hex digits, with or without colons",
                  "openssl x509 -noout -fingerprint -sha256 -in FILE prints one");
        }
    }
    if (!options.identity.empty())
        flags.identity = certs::IdentityPublicKey::read(options.identity);
    flags.asks_by_name = options.no_sni || !options.sni.empty();
    if (!options.sni.empty()) flags.sni = name_to_send(options.sni);
    if (!options.client_ca.empty()) {
        const certs::CertBundle authority =
            read_authority(options.client_ca, options.client_ca_key);
        flags.client_certificate = client::fresh_client_certificate(&authority);
    }
    flags.backend_admin = address("--backend-admin", options.backend_admin);
    flags.ticket_swap = address("--ticket-swap", options.ticket_swap);
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
    std::vector<Question> questions;
    questions.reserve(checks.size());
    for (const scenario::Check& check : checks) {
        questions.push_back(question_for(check, record, options, flags));
    }
    return questions;
}

Question gateway_question(const VerifyOptions& options, const Flags& flags) {
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
    apply(options, question);
    return question;
}

}  // namespace sni::cli
