#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "certs/clock.h"
#include "lab/admin/server.h"
#include "lab/backend/backend.h"
#include "lab/client/page.h"
#include "lab/gateways/self_test.h"
#include "lab/gateways/trial.h"
#include "lab/router/router.h"
#include "lab/witness/ops.h"
#include "lab/witness/record.h"

namespace sni::gateways {

namespace {

using client::TlsVersion;
using proof::Verdict;
using report::Control;
using std::chrono::milliseconds;

/// A witness of this process before `service`.
class Witness {
  public:
    explicit Witness(const Endpoint& service)
        : router_(route::RouteTable(), witness::relay(service, record_)),
          admin_(loopback(0), ops_.pages()) {
        ops_.ready(router_);
    }

    const Endpoint& listening() const { return router_.listening().front(); }
    const Endpoint& page() const { return admin_.local(); }
    const certs::IdentityPublicKey& identity() const { return identity_.public_key(); }
    /// Until it remembers as long as a question goes back, so that it can say what never came.
    void grow_old() const {
        constexpr milliseconds kEnough{500};
        while (!record_.answer({.within = kEnough}, "").complete()) {
            std::this_thread::sleep_for(milliseconds(10));
        }
    }

  private:
    static constexpr std::size_t kKeep = 1'000;

    const certs::Identity identity_ = certs::Identity::make();
    witness::Record record_{kKeep};
    witness::Ops ops_{record_, identity_, kStageName};
    router::Router router_;
    admin::Server admin_;
};

/// A TLS service that need not be ours, and a witness beside it.
class WitnessStage final : public Stage {
  public:
    explicit WitnessStage(milliseconds timeout)
        : Stage(timeout),
          pair_(stage_certificate(certs::KeyType::rsa_2048)),
          service_({.name = kStageName,
                    .chain_pem = pair_.chain_pem(),
                    .key = pair_.key,
                    .plain = loopback(0),
                    .identity = certs::Identity::make()}),
          witness_(service_.listening()),
          dropping_(loopback(0), {}),
          cutting_(loopback(0), {{"/sessions", cut_page()}}),
          before_(observe(honest_probe())),
          replaying_(loopback(0), {{"/sessions", [this] { return old_page(); }}}) {
        witness_.grow_old();
    }

    /// A gateway with the service's own certificate and key.
    CheatingOptions gateway() const {
        return {.backend = witness_.listening(), .chain_pem = pair_.chain_pem(), .key = pair_.key};
    }
    std::optional<Endpoint> plain() const { return service_.listening_plain(); }
    std::string ordinary_ja4() const { return before_.ja4.value_or(""); }

    /// Pages in the witness's place: one that answers nothing, half of its answer, or what it said
    /// of an earlier connection.
    const Endpoint& dropping() const { return dropping_.local(); }
    const Endpoint& cutting() const { return cutting_.local(); }
    const Endpoint& replaying() const { return replaying_.local(); }

  private:
    client::Probe honest_probe() const {
        return {.gateway = witness_.listening(),
                .sni = kStageHost,
                .timeout = timeout(),
                .witness = witness_.page()};
    }
    proof::Evidence observe(const client::Probe& probe) const {
        return client::observe(probe, witness_.identity());
    }
    admin::PageMaker cut_page() const {
        return [page = witness_.page(), within = timeout()](std::string_view query) {
            const auto whole = client::get_page(page, fmt::format("/sessions?{}", query), within);
            return admin::Page{.body = whole ? whole->substr(0, whole->size() / 2) : ""};
        };
    }
    admin::Page old_page() const { return {.body = before_.envelope.value_or("")}; }

    Asked ask(const Trial& trial, client::Probe probe, bool cheats) const override {
        std::optional<Witness> own;
        probe.witness = cheats && trial.page ? *trial.page : witness_.page();
        if (cheats && trial.own_witness) {
            own.emplace(probe.gateway);
            probe.gateway = own->listening();
            probe.witness = own->page();
        }
        proof::Evidence e = observe(probe);
        proof::Check check = proof::judge(e,
                                          {.identity_key_id = witness_.identity().key_id(),
                                           .status = 418,
                                           .backend = kStageName,
                                           .now = wall_clock()},
                                          trial.name);
        return {std::move(e), std::move(check)};
    }

    certs::CertBundle pair_;
    backend::Backend service_;
    Witness witness_;
    admin::Server dropping_;
    admin::Server cutting_;
    const proof::Evidence before_;  // of an honest connection
    admin::Server replaying_;
};

/// Gateways that end TLS for whoever comes.
std::vector<Trial> blunt_trials(const WitnessStage& stage) {
    std::vector<Trial> list;
    list.push_back(own_certificate(stage.gateway()));
    list.push_back(goes_on_in_plain(stage.gateway(), stage.plain()));
    CheatingOptions repeats = stage.gateway();
    repeats.sends_hello_on = true;
    for (const TlsVersion only : {TlsVersion::tls_1_3, TlsVersion::tls_1_2}) {
        const char* version = only == TlsVersion::tls_1_3 ? "1.3" : "1.2";
        list.push_back({.name = fmt::format("A2 same key, encrypts again, TLS {}", version),
                        .gateway = stage.gateway(),
                        .only = only});
        list.push_back({.name = fmt::format("A3 sends our hello on first, TLS {}", version),
                        .gateway = repeats,
                        .only = only});
    }
    list.push_back(reads_along(stage.gateway()));
    list.push_back(every_third(stage.gateway()));
    return list;
}

/// Those that end TLS, and see to it that the witness is not heard.
void add_answer_trials(std::vector<Trial>& list, const WitnessStage& stage) {
    // No verifier can do more where nothing is told.
    list.push_back({.name = "A3 keeps the witness's answer back",
                    .expected = Verdict::inconclusive,
                    .gateway = stage.gateway(),
                    .page = stage.dropping()});
    list.push_back({.name = "A3 cuts the witness's answer",
                    .expected = Verdict::inconclusive,
                    .gateway = stage.gateway(),
                    .page = stage.cutting()});
    list.push_back({.name = "A3 has a witness of its own before it",
                    .expected = Verdict::report_altered,
                    .gateway = stage.gateway(),
                    .own_witness = true});
    list.push_back({.name = "A3 replays what the witness said before",
                    .expected = Verdict::report_altered,
                    .gateway = stage.gateway(),
                    .page = stage.replaying()});
}

/// Those that spare what verify sends when nobody asks for another hello.
void add_selective_trials(std::vector<Trial>& list, const WitnessStage& stage) {
    const auto add = [&](const char* name, auto picks) -> Trial& {
        CheatingOptions gateway = stage.gateway();
        gateway.picks = std::move(picks);
        return list.emplace_back(
            Trial{.name = name, .gateway = std::move(gateway), .spares_curl = true});
    };
    list.push_back(
        spares_ja4("A5 spares curl's JA4, asked as Python", stage.gateway(), stage.ordinary_ja4()));
    add("A5 spares h2, asked as Python", [](const tls::HelloFacts& hello) {
        return std::ranges::count(hello.alpn, "h2") == 0;
    }).as = "python";
    add("A5 spares TLS 1.3, asked with 1.2", [](const tls::HelloFacts& hello) {
        constexpr std::uint16_t kTls13 = 0x0304;
        return std::ranges::count(hello.supported_versions, kTls13) == 0;
    }).only = TlsVersion::tls_1_2;
}

}  // namespace

std::vector<Control> witness_self_test(milliseconds timeout) {
    const WitnessStage stage(timeout);
    std::vector<Trial> trials = blunt_trials(stage);
    add_answer_trials(trials, stage);
    add_selective_trials(trials, stage);
    std::vector<Control> controls;
    controls.reserve(trials.size());
    for (const Trial& trial : trials) {
        controls.push_back(stage.play(trial));
    }
    return controls;
}

}  // namespace sni::gateways
