#include "lab/play/player.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/ssl.h>

#include "certs/inspect.h"
#include "lab/client/observe.h"
#include "lab/client/tls_client.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/gateways/tap.h"
#include "lab/net/descriptor_limit.h"
#include "lab/play/expectations.h"
#include "lab/play/half_close.h"
#include "lab/play/offer.h"
#include "lab/play/wire.h"
#include "lab/proof/judge/judge.h"
#include "lab/proxy/header.h"

namespace sni::play {

namespace {

using scenario::Check;
using scenario::CheckTls;
using scenario::HelloShape;
using scenario::Verifies;
using std::chrono::milliseconds;

constexpr milliseconds kFiling{2000};
constexpr milliseconds kUsualFiling{300};
constexpr milliseconds kHeld{60'000};
constexpr const char* kProxiedClient = "192.0.2.7:40000";
constexpr const char* kProxiedGateway = "203.0.113.1:443";

/// One connection, and what was seen of it from all sides.
struct Attempt {
    proof::Evidence evidence;
    proof::Check check;
    std::string wire;  ///< what came back, as a router sees it
    std::optional<router::SessionRecord> record;

    const proof::Statement* statement() const {
        return evidence.proof ? std::get_if<proof::Statement>(&*evidence.proof) : nullptr;
    }
};

std::vector<std::byte> preface_of(const scenario::CheckClient& client) {
    if (client.proxy == 0) return {};
    proxy::Header header;
    header.version = client.proxy == 1 ? proxy::Version::v1 : proxy::Version::v2;
    header.addresses = {parse_endpoint(kProxiedClient).value(),
                        parse_endpoint(kProxiedGateway).value()};
    return proxy::write_header(header);
}

class Player {
  public:
    Player(const Check& check, const Stage& stage) : check_(check), stage_(stage) {
        expectation_ = {.identity_key_id = stage.identity.key_id(),
                        .leaf_sha256 = stage.leaf_for(check.sni),
                        .status = check.status,
                        .backend = check.backend,
                        .now = stage.now};
        played_.expected = check.verdict;
    }

    Played run() {
        if (std::string why = missing(); !why.empty()) return cannot(std::move(why));
        if (const auto gate = stage_.gate(check_.port)) gate_ = *gate;
        std::vector<client::TlsConnection> streams = open_streams();
        for (const scenario::CheckStep& step : check_.before) {
            if (const std::string why = stage_.step(step); !why.empty()) unmet(why);
        }
        ask_streams(std::move(streams));
        std::vector<proof::Check> samples;
        for (int i = 0; i < check_.times; ++i) {
            attempts_.push_back(ask());
            samples.push_back(attempts_.back().check);
        }
        ask_half_closed();
        played_.check = proof::weakest(samples);
        played_.check.name = check_.name;
        judge();
        return std::move(played_);
    }

  private:
    void unmet(std::string sentence) { played_.unmet.push_back(std::move(sentence)); }

    Played cannot(std::string why) {
        played_.check.name = check_.name;
        played_.undecided = true;
        unmet(std::move(why));
        return std::move(played_);
    }

    /// What this check needs and nobody gave; empty: nothing. Of a lab of our own that is the
    /// scenario's mistake.
    std::string missing() const {
        const auto& client = check_.client;
        const bool no_gate = !stage_.gate(check_.port);
        const bool no_trust = !client.trust.empty() && !stage_.trust(client.trust);
        if (!stage_.ours) {
            if (!check_.before.empty()) return "its steps need a lab of our own";
            if (no_gate) {
                return fmt::format(
                    "nobody said where Gateway port {} is served: add --gateway "
                    "{}=HOST:PORT",
                    check_.port, check_.port);
            }
            if (no_trust) {
                return fmt::format("it trusts {}, which is not here: add --trust {}=FILE.pem",
                                   printable(client.trust), printable(client.trust));
            }
            if (client.certificate && !stage_.client_certificate) {
                return "it shows a client certificate that the backends must trust: add "
                       "--client-ca FILE.crt";
            }
            return "";
        }
        if (no_gate) {
            throw Failure(Exit::usage, code::kUsage,
                          fmt::format("check \"{}\" asks Gateway port {}", printable(check_.name),
                                      check_.port),
                          "no Gateway of the scenario has that port",
                          "correct port: in checks.yaml");
        }
        if (no_trust) {
            throw Failure(Exit::usage, code::kUsage,
                          fmt::format("check \"{}\" trusts \"{}\", which is not here",
                                      printable(check_.name), printable(client.trust)),
                          {}, "write lab-ca, stranger, or NAMESPACE/SECRET of a backend");
        }
        return "";
    }

    const certs::CertBundle* certificate() const {
        return check_.client.certificate ? stage_.client_certificate : nullptr;
    }

    bool needs_tap() const {
        const auto& client = check_.client;
        const bool cut =
            client.hello >= HelloShape::two_segments && client.hello <= HelloShape::http;
        return cut || client.proxy != 0 || client.idle.count() != 0 ||
               check_.details.certificate_on_wire.has_value();
    }

    Attempt ask() {
        Attempt attempt;
        client::Probe probe{.gateway = gate_,
                            .sni = check_.sni,
                            .request = check_.request,
                            .host = check_.client.host,
                            .offer = {.suites = check_.client.suites}};
        if (check_.client.timeout.count() != 0) probe.timeout = check_.client.timeout;
        if (check_.client.tls == CheckTls::only_1_2) probe.offer.only = client::TlsVersion::tls_1_2;
        if (check_.client.tls == CheckTls::only_1_3) probe.offer.only = client::TlsVersion::tls_1_3;
        if (!check_.client.trust.empty()) probe.ca_pem = stage_.trust(check_.client.trust);
        if (!check_.client.alpn.empty()) probe.offer.alpn = alpn_of(check_.client);
        probe.prepare = offer_of(check_.client, certificate(), check_.sni, probe.ca_pem);
        std::optional<gateways::Tap> tap;
        if (needs_tap()) {
            tap.emplace(gateways::TapOptions{.to = gate_,
                                             .shape = check_.client.hello,
                                             .preface = preface_of(check_.client),
                                             .idle = check_.client.idle});
            probe.gateway = tap->listening();
        }
        if (stage_.records) stage_.records->clear();
        attempt.evidence = client::observe(probe, stage_.identity);
        attempt.evidence.gateway = gate_;
        if (tap) attempt.wire = tap->seen();
        // A hanging backend keeps its connection; nobody waits for that one unless it matters.
        if (stage_.records)
            attempt.record =
                stage_.records->wait(1, check_.details.router.empty() ? kUsualFiling : kFiling);
        attempt.check = proof::judge(attempt.evidence, expectation_, check_.name);
        tell_own_refusal(attempt);
        return attempt;
    }

    /// When the client itself hung up, it was routed well enough to see a certificate.
    void tell_own_refusal(Attempt& attempt) const {
        const auto& trouble = attempt.evidence.trouble;
        if (check_.client.verifies == Verifies::nothing || !trouble ||
            trouble->how != proof::Break::tls_error ||
            !trouble->detail.contains("certificate verify failed"))
            return;
        attempt.check.lines = {
            {.name = "routed", .text = "somebody answered with a certificate"},
            {.name = "name",
             .mark = proof::Mark::fail,
             .text = "the client itself refused the certificate and hung up",
             .code = std::string(code::kCertName),
             .hint = "a certificate needs its names as SAN; the CN is no longer read",
             .verdict = proof::Verdict::certificate}};
        attempt.check.verdict = proof::Verdict::certificate;
    }

    // Connections that are open while the steps are done.

    /// In a lab of our own each takes a descriptor here, two in the router and one in the backend.
    std::vector<client::TlsConnection> open_streams() {
        std::vector<client::TlsConnection> streams;
        if (check_.streams == 0) return streams;
        const auto count = static_cast<std::size_t>(check_.streams);
        net::require_descriptors(stage_.ours ? 4 * count + 16 : count + 16,
                                 fmt::format("a check with {} open streams", count).c_str());
        for (int i = 0; i < check_.streams; ++i) {
            auto stream =
                client::TlsConnection::open({.to = gate_, .sni = check_.sni, .timeout = kHeld});
            if (!stream) break;  // the others would only wait as long
            streams.push_back(std::move(*stream));
        }
        return streams;
    }

    void ask_streams(std::vector<client::TlsConnection> streams) {
        if (check_.streams == 0) return;
        int answered = 0;
        const std::string host = check_.sni.value_or(to_string(gate_));
        for (client::TlsConnection& stream : streams) {
            const auto answer = stream.get(check_.request, host);
            if (answer && answer->status == check_.status.value_or(answer->status)) ++answered;
        }
        const std::size_t opened = streams.size();
        if (stage_.records) stage_.records->clear();
        streams.clear();
        if (stage_.records) stage_.records->wait(opened, kFiling);
        streams_ = fmt::format("{} of {} streams that were open before still answer", answered,
                               check_.streams);
        if (answered != check_.streams) unmet(streams_);
    }

    void ask_half_closed() {
        if (!check_.client.half_close) return;
        if (stage_.records) stage_.records->clear();
        const std::string why = get_half_closed(gate_, check_.sni, check_.request);
        if (stage_.records) stage_.records->wait(1, kFiling);
        half_close_ = why.empty() ? "the whole answer came after our own end" : why;
        if (!why.empty()) unmet("after our own end: " + why);
    }

    // What must come of it.

    void judge() {
        const proof::Check& check = played_.check;
        for (std::string& sentence : play::unmet(check_, check, stage_.ours)) {
            unmet(std::move(sentence));
        }
        played_.undecided =
            check.verdict == proof::Verdict::inconclusive && check_.verdict != check.verdict;
        const bool words = !check_.details.code.empty() || !check_.details.says.empty();
        if (!stage_.ours && check_.verdict == proof::Verdict::not_routed && words) {
            note_ = "the gateway is not ours, so its words for a refusal are its own";
        }
        judge_router();
        judge_wire();
        judge_statement();
        judge_shares();
        const milliseconds within = check_.details.within;
        if (within.count() != 0 && check.took > within) {
            unmet(fmt::format("it took {} ms, and must be over in {}", check.took.count(),
                              sni::to_string(within)));
        }
        tell();
    }

    void judge_router() {
        const std::string& wanted = check_.details.router;
        if (wanted.empty()) return;
        if (!stage_.records) {  // somebody else's gateway: its log is somebody else's, too
            if (note_.empty()) {
                note_ = "the gateway is not ours, so nobody asked what it logged";
            }
            return;
        }
        const auto& record = attempts_.back().record;
        if (!record) return unmet("the router filed no record of the connection in time");
        const std::string_view found = router::to_string(record->outcome);
        if (found != wanted) unmet(fmt::format("the router says {}, not {}", found, wanted));
    }

    void judge_wire() {
        if (!check_.details.certificate_on_wire) return;
        const Attempt& attempt = attempts_.back();
        const bool seen = shows_certificate(attempt.wire, attempt.evidence.chain_pem);
        wire_ = seen ? "the certificate went over the wire for everybody to read"
                     : "the certificate went over the wire encrypted";
        if (seen != *check_.details.certificate_on_wire) unmet(wire_);
    }

    void judge_statement() {
        const scenario::CheckDetails& details = check_.details;
        const proof::Statement* said = attempts_.back().statement();
        if (!details.client_address.empty()) {
            const std::string found = said && said->proxy_source ? *said->proxy_source : "nobody";
            if (found != details.client_address &&
                !found.starts_with(details.client_address + ":")) {
                unmet(fmt::format("the backend was told of {}, not of {}", printable(found),
                                  details.client_address));
            }
        }
        if (details.client_certificate) {
            const auto* own = certificate();
            const bool arrived =
                said && own && said->client_certificate_sha256 &&
                said->client_certificate_sha256 == certs::inspect(own->cert_pem)->front().sha256;
            if (arrived != *details.client_certificate) {
                unmet(arrived ? "the backend saw our client certificate"
                              : "the backend did not see our client certificate");
            }
        }
        if (!details.alpn.empty()) {
            const auto& tls = played_.check.seen.client_tls;
            const std::string found = tls ? tls->alpn : "";
            if (found != details.alpn) {
                unmet(fmt::format("ALPN chose \"{}\", not \"{}\"", printable(found), details.alpn));
            }
        }
    }

    /// Weights are shares of connections. A router that takes turns keeps them exactly; one that
    /// draws lots strays. Three standard deviations and a half are what chance does once in two
    /// thousand runs.
    void judge_shares() {
        if (check_.details.shares.empty()) return;
        std::map<std::string, int> counts;
        for (const Attempt& attempt : attempts_) {
            if (const auto* said = attempt.statement()) ++counts[said->backend];
        }
        std::vector<std::string> found;
        for (const auto& [backend, percent] : check_.details.shares) {
            const double share = percent / 100.0;
            const double n = check_.times;
            const double slack = 3.5 * std::sqrt(n * share * (1 - share)) + 0.5;
            const int count = counts[backend];
            found.push_back(fmt::format("{} took {} of {}, expected {} ± {:.0f}", backend, count,
                                        check_.times, std::lround(n * share), slack));
            if (std::abs(count - n * share) > slack) unmet(found.back());
        }
        shares_ = fmt::format("{}", fmt::join(found, "; "));
    }

    /// What was seen beside the report's own lines, for those who read on.
    void tell() {
        const auto line = [&](const char* name, const std::string& text) {
            if (text.empty()) return;
            played_.check.lines.push_back({.name = name, .mark = proof::Mark::info, .text = text});
        };
        if (const auto& record = attempts_.back().record) {
            line("router", fmt::format("{}{}", router::to_string(record->outcome),
                                       record->backend ? "" : ", and no backend was dialled"));
        }
        if (check_.client.hello == HelloShape::post_quantum) {
            line("hello",
                 knows_post_quantum()
                     ? "a real X25519MLKEM768 key share"
                     : "this OpenSSL has no ML-KEM: an extension as large as its key share");
        }
        line("wire", wire_);
        line("half-close", half_close_);
        line("streams", streams_);
        line("shares", shares_);
        line("note", note_);
    }

    const Check& check_;
    const Stage& stage_;
    Endpoint gate_;
    proof::Expectation expectation_;
    std::vector<Attempt> attempts_;
    Played played_;
    std::string half_close_;
    std::string streams_;
    std::string wire_;
    std::string shares_;
    std::string note_;
};

}  // namespace

Played play(const Check& check, const Stage& stage) {
    return Player(check, stage).run();
}

}  // namespace sni::play
