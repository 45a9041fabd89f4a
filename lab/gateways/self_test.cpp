#include "lab/gateways/self_test.h"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/identity.h"
#include "certs/inspect.h"
#include "lab/admin/server.h"
#include "lab/backend/backend.h"
#include "lab/backend/ops.h"
#include "lab/client/backend_sessions.h"
#include "lab/gateways/trial.h"
#include "lab/proof/judge/sessions.h"

namespace sni::gateways {

namespace {

using client::TlsVersion;
using proof::Verdict;
using report::Control;

/// A backend of this tool, which signs for itself.
class BackendStage final : public Stage {
  public:
    explicit BackendStage(std::chrono::milliseconds timeout)
        : Stage(timeout),
          pair_(stage_certificate(certs::KeyType::rsa_2048)),
          backend_({.name = kStageName,
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
        return client::observe(
                   {.gateway = backend_.listening(), .sni = kStageHost, .timeout = timeout()},
                   identity_.public_key())
            .ja4.value_or("");
    }

    /// Where the backend serves without TLS.
    std::optional<Endpoint> plain() const { return backend_.listening_plain(); }

  private:
    Asked ask(const Trial& trial, client::Probe probe, bool /*cheats*/) const override {
        proof::Evidence e = client::observe(probe, identity_.public_key());
        if (proof::lacks_statement(e)) {
            e.sessions = client::ask_for_session(admin_.local(), e, timeout());
        }
        const proof::Expectation expectation{
            .identity_key_id = identity_.public_key().key_id(),
            .leaf_sha256 = certs::inspect(pair_.cert_pem).value().front().sha256,
            .status = 418,
            .backend = kStageName,
            .now = wall_clock()};
        proof::Check check = proof::judge(e, expectation, trial.name);
        return {std::move(e), std::move(check)};
    }

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

std::vector<Trial> trials(const BackendStage& stage) {
    std::vector<Trial> list;
    list.push_back(own_certificate(stage.gateway()));
    list.push_back(goes_on_in_plain(stage.gateway(), stage.plain()));
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
    list.push_back(reads_along(stage.gateway()));
    list.push_back(every_third(stage.gateway()));
    list.push_back(spares_ja4("A5 spares curl's hello, asked as Python", stage.gateway(),
                              stage.ordinary_ja4()));
    return list;
}

}  // namespace

std::vector<Control> self_test(std::chrono::milliseconds timeout) {
    const BackendStage stage(timeout);
    std::vector<Control> controls;
    const std::vector<Trial> all = trials(stage);
    controls.reserve(all.size());
    for (const Trial& trial : all) {
        controls.push_back(stage.play(trial));
    }
    return controls;
}

}  // namespace sni::gateways
