#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/lines.h"
#include "lab/proof/judge/sessions.h"
#include "lab/tls/alert_name.h"

namespace sni::proof {

namespace {

/// Those by which a server says that it wanted another certificate than it got: with TLS 1.3 that
/// it got none is 116, with 1.2 it is 40 (RFC 8446 §6.2, RFC 5246 §7.4.6).
bool is_about_certificate(std::uint8_t alert) {
    return alert == 40 || (alert >= 42 && alert <= 46) || alert == 48 || alert == 49 ||
           alert == 116;
}

std::string alert_hint(std::uint8_t alert, bool certificate_asked) {
    if (certificate_asked && is_about_certificate(alert)) {
        return "a client certificate was asked for in this handshake, and what came was none that "
               "is taken: --client-cert FILE --client-key FILE shows yours; with verify, "
               "--client-ca FILE makes one for this run";
    }
    switch (alert) {
        case 40:
            return "no common suite or version, or a router that refuses every name this way "
                   "(sniproxy)";
        case 80:
            return "the router knows the name, but no backend answers it; is the backend up?";
        case 109:
            return "the router wants a name; send SNI (curl: --resolve, not -H Host:)";
        case 112:
            return "no route takes this name; compare it with sniHosts, letter by letter";
        case 116:
            return "the backend asks for a client certificate: --client-cert FILE --client-key "
                   "FILE shows yours";
        default:
            return "whoever sent the alert read the ClientHello and refused it";
    }
}

/// Beside a witness any service may be asked, and many speak no HTTP.
std::string unanswered_hint(const Evidence& e, const Trouble& trouble, std::string_view otherwise) {
    const bool any_service = e.witness && trouble.stage == Stage::request;
    return std::string(any_service ? "a service that speaks no HTTP wants --tls-only, which makes "
                                     "no request; one that is slow, a longer --timeout"
                                   : otherwise);
}

/// What broke the way to the backend, in words.
class BrokenRoute {
  public:
    BrokenRoute(const Trouble& trouble, const Evidence& e, const std::string& where)
        : trouble_(trouble),
          e_(e),
          where_(where),
          detail_(trouble.detail.empty() ? "" : fmt::format(" ({})", printable(trouble.detail))),
          during_(trouble.stage == Stage::handshake
                      ? fmt::format("during the TLS handshake for {}", shown(e.sni))
                      : fmt::format("after the handshake, during GET {}", printable(e.request))),
          // Who finished a handshake that the backend never saw routed nothing: he ended TLS
          // himself.
          verdict_(finished_elsewhere(e) ? Verdict::terminated
                                         : witness_knows(e).value_or(Verdict::not_routed)) {}

    Line line() const {
        if (trouble_.stage == Stage::connect) return unconnected();
        switch (trouble_.how) {
            case Break::alert:
                return trouble_.alert ? alerted(*trouble_.alert) : failed();
            case Break::not_tls:
                return no(code::kNotTls,
                          fmt::format("{} does not answer in TLS{}", where_, detail_),
                          "is it a plain HTTP port, or does something wrap TLS in TLS (a "
                          "DestinationRule with tls.mode SIMPLE)?");
            case Break::bad_http:
                return no(code::kNotHttp,
                          fmt::format("{} answers in no HTTP/1.1 {}{}", where_, during_, detail_),
                          unanswered_hint(e_, trouble_,
                                          "the name leads to what speaks no HTTP/1.1; compare the "
                                          "routes"));
            case Break::timed_out:
                if (trouble_.begun) return unfinished();
                return no(code::kHandshakeTimeout, fmt::format("{} was silent {}", where_, during_),
                          unanswered_hint(e_, trouble_,
                                          "the router waits for a backend that does not answer, or "
                                          "for the rest of the hello; try --timeout"));
            case Break::reset:
            case Break::closed:
                return hung_up();
            case Break::too_long:
                return too_long();
            default:
                return failed();
        }
    }

  private:
    Line no(std::string_view code, std::string text, std::string hint) const {
        return against(verdict_, code, "routed", std::move(text), std::move(hint));
    }

    Line unconnected() const {
        if (trouble_.how == Break::refused) {
            return no(code::kConnectRefused, fmt::format("nothing listens on {}", where_),
                      "is the lab up, is the port right? An Istio gateway without any route opens "
                      "no port at all");
        }
        return no(
            code::kConnectFailed,
            fmt::format("no connection to {}: {}{}", where_, to_string(trouble_.how), detail_),
            "is the address right, is a firewall in between?");
    }

    Line alerted(std::uint8_t alert) const {
        return no(code::kAlert,
                  fmt::format("{} answered with alert {} ({}) {}", where_, tls::alert_name(alert),
                              alert, during_),
                  alert_hint(alert, e_.client_certificate_asked));
    }

    Line hung_up() const {
        const auto* verb = trouble_.how == Break::reset ? "reset" : "closed";
        const std::string text =
            trouble_.begun
                ? fmt::format("{}, and {} the connection before its end{}", begins(), verb, detail_)
                : fmt::format("{} {} the connection {}", where_, verb, during_);
        if (trouble_.stage != Stage::handshake) {
            return no(
                code::kRequestCut, text,
                unanswered_hint(e_, trouble_,
                                "whoever finished the handshake, a gateway that ends TLS or the "
                                "backend, hung up: sni-lab verify --backend-admin HOST:PORT "
                                "asks the backend whether it saw this session"));
        }
        return no(code::kHandshakeCut, text,
                  "Envoy does this when no filter chain takes the name or its backend is down "
                  "(filter_chain_not_found, UF); compare the name with sniHosts, and see whether "
                  "the backend is up");
    }

    /// Of an answer whose head came.
    std::string begins() const {
        return fmt::format("{} begins to answer GET {} with {}", where_, printable(e_.request),
                           printable(trouble_.begun.value_or("")));
    }

    Line unfinished() const {
        return no(code::kRequestCut,
                  fmt::format("{}, and does not come to the end in time", begins()),
                  "an answer that takes its time wants a longer --timeout");
    }

    Line too_long() const {
        return against(
            verdict_ == Verdict::not_routed ? Verdict::inconclusive : verdict_,
            code::kAnswerTooLong, "routed",
            fmt::format("{} answers more than a probe reads {}{}", where_, during_, detail_),
            "ask for less: with verify, --request PATH");
    }

    Line failed() const {
        return no(code::kTlsError,
                  fmt::format("TLS with {} failed {}: {}{}", where_, during_,
                              to_string(trouble_.how), detail_),
                  "openssl s_client -connect … -servername … shows the handshake message by "
                  "message");
    }

    const Trouble& trouble_;
    const Evidence& e_;
    const std::string& where_;
    const std::string detail_;
    const std::string during_;
    const Verdict verdict_;
};

}  // namespace

Line routing_line(const Evidence& e, const std::string& where) {
    if (e.trouble && e.trouble->stage != Stage::proof)
        return BrokenRoute(*e.trouble, e, where).line();
    return pass("routed", fmt::format("{} → {}", shown(e.sni), where));
}

bool turned_away(const Evidence& e) {
    if (!e.trouble || e.trouble->stage != Stage::handshake || e.tls) return false;
    return e.trouble->how == Break::alert || e.trouble->how == Break::reset ||
           e.trouble->how == Break::closed;
}

}  // namespace sni::proof
