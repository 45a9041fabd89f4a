#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/httpbin/data.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/routes.h"

namespace sni::httpbin {

namespace {

std::string describe(const Connection& connection) {
    if (!connection.tls) return "no TLS at all";
    const auto& tls = *connection.tls;
    return fmt::format("{}, {}{}, {}", tls.version, tls.cipher_suite,
                       tls.group.empty() ? "" : ", " + tls.group,
                       tls.sni ? "SNI " + escape_markup(printable(*tls.sni)) : "no SNI");
}

}  // namespace

Response index(const Exchange& exchange) {
    const CertFacts& certificate = exchange.site.certificate;
    const auto shown = [](std::string_view text) { return escape_markup(printable(text)); };
    std::string rows;
    for (const Route& route : routes()) {
        if (route.example.empty()) continue;
        rows += fmt::format("<tr><td><a href=\"{0}\">{0}</a></td><td>{1}</td></tr>\n",
                            escape_markup(route.example), escape_markup(route.about));
    }
    const std::string content = fmt::format(
        fmt::runtime(embedded("index.html")), fmt::arg("name", shown(exchange.site.name)),
        fmt::arg("subject", shown(certificate.subject)),
        fmt::arg("issuer", certificate.self_signed ? "itself" : shown(certificate.issuer)),
        fmt::arg("until", to_string(certificate.not_after)),
        fmt::arg("fingerprint", to_fingerprint(certificate.sha256)),
        fmt::arg("session", describe(exchange.connection)), fmt::arg("rows", rows),
        fmt::arg("proof", proof::kPath));
    return page("sni-lab backend: " + shown(exchange.site.name), content);
}

}  // namespace sni::httpbin
