#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/judge/lines.h"
#include "lab/tls/alert_name.h"

namespace sni::proof {

namespace {

constexpr std::string_view kWhoLooks =
    "somebody on the path answers hellos or looks into them; compare with the same question asked "
    "at the backend directly";

std::string what(const Canary& canary) {
    if (canary.kind == CanaryKind::alpn)
        return fmt::format("ALPN list {}", printable(canary.token));
    return fmt::format("client certificate {}…", printable(canary.token.substr(0, 16)));
}

Line lost(Verdict verdict, const Canary& canary, std::string text) {
    return against(verdict, code::kCanaryLost, "canary",
                   fmt::format("{}: {}", what(canary), std::move(text)), std::string(kWhoLooks));
}

bool same_session(const Statement& said, const Evidence& e) {
    return said.tls && e.exporter_sha256 && said.exporter_sha256 == e.exporter_sha256;
}

Line alpn_line(const Canary& canary, const Statement& said) {
    const Line hello = hello_line(far_end(said, canary.evidence), canary.evidence);
    if (hello.mark != Mark::pass) {
        const bool altered = hello.verdict == Verdict::altered;
        return lost(altered ? Verdict::altered : Verdict::terminated, canary,
                    altered ? hello.text : "the backend received another ClientHello");
    }
    return pass("canary",
                fmt::format("the {} arrived, in the very hello that carried it", what(canary)));
}

Line certificate_line(const Canary& canary, const Statement& said) {
    const auto& seen = said.client_certificate_sha256;
    if (seen && to_hex(*seen) == canary.token) {
        return pass("canary", fmt::format("the {} arrived", what(canary)));
    }
    if (seen) {
        return lost(Verdict::terminated, canary,
                    fmt::format("the backend saw another one, {}", brief(*seen)));
    }
    if (!canary.evidence.client_certificate_asked) {
        return lost(Verdict::inconclusive, canary, "nobody asked for a client certificate");
    }
    return lost(Verdict::terminated, canary, "the backend saw none");
}

Line canary_line(const Canary& canary) {
    const Evidence& e = canary.evidence;
    if (e.trouble) {
        return lost(Verdict::inconclusive, canary,
                    fmt::format("its connection broke off ({}{})", to_string(e.trouble->how),
                                e.trouble->alert
                                    ? fmt::format(" {} ({})", tls::alert_name(*e.trouble->alert),
                                                  *e.trouble->alert)
                                    : ""));
    }
    if (e.proof && (std::holds_alternative<BadSignature>(*e.proof) ||
                    std::holds_alternative<OtherIdentity>(*e.proof))) {
        return lost(Verdict::report_altered, canary, "the statement is not the identity's");
    }
    const auto* said = e.proof ? std::get_if<Statement>(&*e.proof) : nullptr;
    if (e.tls && e.tls->alpn == "h2") {
        return lost(Verdict::terminated, canary,
                    "whoever ended TLS chose h2, which a sni-lab backend never does");
    }
    if (!said) return lost(Verdict::inconclusive, canary, "no statement came on its connection");
    if (said->nonce != e.nonce) {
        return lost(Verdict::report_altered, canary, "the statement answers another nonce");
    }
    if (!same_session(*said, e)) {
        return lost(Verdict::terminated, canary, "its connection is two TLS sessions");
    }
    return canary.kind == CanaryKind::alpn ? alpn_line(canary, *said)
                                           : certificate_line(canary, *said);
}

}  // namespace

std::vector<Line> canary_lines(const std::vector<Canary>& canaries) {
    if (canaries.empty()) return {info("canary", "not asked for; --canary sends one")};
    std::vector<Line> lines;
    lines.reserve(canaries.size());
    for (const Canary& canary : canaries) {
        lines.push_back(canary_line(canary));
    }
    return lines;
}

}  // namespace sni::proof
