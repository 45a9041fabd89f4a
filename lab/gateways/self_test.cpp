#include "lab/gateways/self_test.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/digest.h"
#include "certs/identity.h"
#include "certs/inspect.h"
#include "certs/issue.h"
#include "lab/admin/server.h"
#include "lab/backend/backend.h"
#include "lab/backend/ops.h"
#include "lab/client/backend_sessions.h"
#include "lab/client/observe.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/judge.h"
#include "lab/proof/sessions.h"
#include "lab/tls/ja4.h"

namespace sni::gateways {

namespace {

using client::TlsVersion;
using proof::Verdict;
using report::Control;

constexpr const char* kName = "httpbin.example.com";
constexpr const char* kBackend = "self-test";

certs::CertBundle certificate(certs::KeyType key) {
    return certs::issue({.names = {kName},
                         .organization = "sni-lab self-test",
                         .key = key,
                         .not_before = wall_clock() - std::chrono::hours(1),
                         .not_after = wall_clock() + std::chrono::hours(1)});
}

/// One cheat: how the gateway is set up, how often it is asked, and what must come of it.
struct Trial {
    std::string name;
    Verdict expected = Verdict::terminated;
    CheatingOptions gateway;
    int samples = 1;
    std::optional<TlsVersion> only;
    std::string suites;       ///< offered while it cheats; honest it gets an ordinary hello
    std::string as = "curl";  ///< whose hello it is that asks
    bool listens = false;  ///< it must be able to read what it passes on, and only while it cheats
};

class Stage {
  public:
    explicit Stage(std::chrono::milliseconds timeout)
        : timeout_(timeout),
          pair_(certificate(certs::KeyType::rsa_2048)),
          backend_({.name = kBackend,
                    .chain_pem = pair_.chain_pem(),
                    .key = pair_.key,
                    .plain = loopback(0),
                    .identity = identity_}),
          admin_(loopback(0), ops_.pages()) {
        ops_.ready({&backend_});
    }

    /// A gateway with the backend's own certificate and key.
    CheatingOptions gateway() const {
        return {.backend = backend_.listening(), .chain_pem = pair_.chain_pem(), .key = pair_.key};
    }

    /// As a gateway knows the hello that verify sends when nobody asks for another.
    std::string ordinary_ja4() const {
        return client::observe({.gateway = backend_.listening(), .sni = kName, .timeout = timeout_},
                               identity_.public_key())
            .ja4.value_or("");
    }

    /// Where the backend serves without TLS.
    std::optional<Endpoint> plain() const { return backend_.listening_plain(); }

    Control play(const Trial& trial) const {
        CheatingOptions honest = trial.gateway;
        honest.every = 0;
        if (trial.listens) return listen(trial, honest);
        Control control{.name = trial.name, .expected = trial.expected};
        control.found = ask(trial.gateway, trial, trial.suites, control.untried);
        control.honest = ask(honest, trial, "", control.untried);
        return control;
    }

  private:
    /// Nobody was caught who could not really read, and nobody is honest who still could.
    Control listen(const Trial& trial, CheatingOptions gateway) const {
        std::atomic<bool> read = false;
        gateway.overheard = [&read](std::string_view said) {
            if (said.starts_with("GET /status/418 ")) read = true;
        };
        Control control{.name = trial.name, .expected = trial.expected};
        control.found = ask(gateway, trial, trial.suites, control.untried);
        if (!read) control.found = Verdict::inconclusive;
        read = false;
        control.honest = ask(gateway, trial, "", control.untried);
        if (read) control.honest = Verdict::readable;
        return control;
    }

    /// `untried` is filled where nobody could be connected.
    Verdict ask(const CheatingOptions& options, const Trial& trial, const std::string& suites,
                std::string& untried) const {
        const CheatingGateway gateway(options);
        client::Probe probe{.gateway = gateway.listening(),
                            .sni = kName,
                            .timeout = timeout_,
                            .offer = client::offer_like(trial.as).value_or(client::Offer{})};
        probe.offer.only = trial.only;
        if (!suites.empty()) probe.offer.suites = suites;
        const proof::Expectation expectation{
            .identity_key_id = identity_.public_key().key_id(),
            .leaf_sha256 = certs::inspect(pair_.cert_pem).value().front().sha256,
            .status = 418,
            .backend = kBackend,
            .now = wall_clock()};
        std::vector<proof::Check> samples;
        samples.reserve(static_cast<std::size_t>(trial.samples));
        for (int i = 0; i < trial.samples; ++i) {
            proof::Evidence e = client::observe(probe, identity_.public_key());
            if (proof::lacks_statement(e)) {
                e.sessions = client::ask_for_session(admin_.local(), e, timeout_);
            }
            samples.push_back(proof::judge(e, expectation, trial.name));
            const auto& trouble = e.trouble;
            if (trouble && trouble->stage == proof::Stage::connect) {
                untried = samples.back().lines.front().text;
            }
        }
        return proof::weakest(samples).verdict;
    }

    std::chrono::milliseconds timeout_;
    certs::Identity identity_ = certs::Identity::make();
    certs::CertBundle pair_;
    backend::Backend backend_;
    backend::Ops ops_;
    admin::Server admin_;  // by which the backend says what no statement said
};

/// What each forgery must come to. One that takes the statement away cannot be told from a backend
/// that never answered, until the backend is asked for the session; all others betray themselves.
struct Forged {
    const char* words;
    Forgery forgery;
    Verdict expected;
};
constexpr Forged kForgeries[] = {
    {"rewrites the statement", Forgery::rewrite, Verdict::report_altered},
    {"signs it with its own key", Forgery::resign, Verdict::report_altered},
    {"replays an old statement", Forgery::replay, Verdict::terminated},
    {"swaps the nonce", Forgery::swap_nonce, Verdict::terminated},
    {"asks on another connection", Forgery::other_connection, Verdict::terminated},
    {"drops the statement", Forgery::drop, Verdict::terminated},
    {"cuts the statement", Forgery::truncate, Verdict::terminated},
};

std::vector<Trial> trials(const Stage& stage) {
    std::vector<Trial> list;
    const certs::CertBundle own = certificate(certs::KeyType::ec_p256);
    CheatingOptions with_own = stage.gateway();
    with_own.chain_pem = own.chain_pem();
    with_own.key = own.key;
    list.push_back({.name = "A0 own certificate", .gateway = with_own});
    CheatingOptions in_plain = stage.gateway();
    in_plain.plain = stage.plain();
    list.push_back({.name = "A1 goes on in plain text", .gateway = std::move(in_plain)});
    list.push_back({.name = "A2 same key, encrypts again", .gateway = stage.gateway()});
    for (const Forged& forged : kForgeries) {
        CheatingOptions gateway = stage.gateway();
        gateway.forgery = forged.forgery;
        for (const TlsVersion only : {TlsVersion::tls_1_3, TlsVersion::tls_1_2}) {
            list.push_back({.name = fmt::format("A3 {}, TLS {}", forged.words,
                                                only == TlsVersion::tls_1_3 ? "1.3" : "1.2"),
                            .expected = forged.expected,
                            .gateway = gateway,
                            .only = only});
        }
    }
    CheatingOptions passive = stage.gateway();
    passive.every = 0;
    list.push_back({.name = "A4 reads along with static RSA",
                    .expected = Verdict::readable,
                    .gateway = passive,
                    .only = TlsVersion::tls_1_2,
                    .suites = "kRSA",
                    .listens = true});
    CheatingOptions sampling = stage.gateway();
    sampling.every = 3;
    list.push_back(
        {.name = "A5 every third connection", .gateway = std::move(sampling), .samples = 3});
    CheatingOptions selective = stage.gateway();
    selective.picks = [ours = stage.ordinary_ja4()](const tls::HelloFacts& hello) {
        return tls::ja4(hello, certs::sha256) != ours;
    };
    list.push_back({.name = "A5 spares curl's hello, asked as Python",
                    .gateway = std::move(selective),
                    .as = "python"});
    return list;
}

}  // namespace

std::vector<Control> self_test(std::chrono::milliseconds timeout) {
    const Stage stage(timeout);
    std::vector<Control> controls;
    const std::vector<Trial> all = trials(stage);
    controls.reserve(all.size());
    for (const Trial& trial : all) {
        controls.push_back(stage.play(trial));
    }
    return controls;
}

}  // namespace sni::gateways
