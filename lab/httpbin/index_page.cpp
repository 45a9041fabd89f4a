#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/routes.h"

namespace sni::httpbin {

namespace {

constexpr std::string_view kIndexPage = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sni-lab backend: {name}</title>
<style>
  :root {{ color-scheme: light dark; --accent: #0b7a75; }}
  body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }}
  h1 {{ font-size: 1.6rem; margin-bottom: .2rem; }}
  a, h1 b {{ color: var(--accent); }}
  code, td:first-child {{ font-family: ui-monospace, monospace; font-size: .9em; }}
  .facts {{ border-left: 4px solid var(--accent); padding: .3rem 1rem; overflow-wrap: anywhere; }}
  table {{ border-collapse: collapse; width: 100%; }}
  td {{ padding: .35rem .6rem .35rem 0; border-top: 1px solid #8884; vertical-align: top; }}
</style>
</head>
<body>
<h1>You have reached <b>{name}</b></h1>
<p>This is sni-lab's TLS backend: httpbin's endpoints, served by the process that holds the
certificate's key. If the fingerprint below is not the one that your client saw, something between
you and this backend ended your TLS connection.</p>
<div class="facts">
<p>The certificate you should be looking at:<br><strong>{subject}</strong><br>
issued by {issuer}, valid until {until}<br>
SHA-256 <code>{fingerprint}</code></p>
<p>Your session: {session}</p>
</div>
<h2>Endpoints</h2>
<table>
{rows}</table>
<p>Also: <code>POST /post</code>, <code>PUT /put</code>, <code>PATCH /patch</code>,
<code>DELETE /delete</code>, uploads that are only counted at <code>/upload</code>,
<code>HEAD /head</code>, a WebSocket that echoes at <code>/websocket/echo</code>, and the signed statement about this session,
<code>{proof}?nonce=…</code>, which <code>sni-lab verify</code> asks for.</p>
</body>
</html>
)";

std::string describe(const Connection& connection) {
    if (!connection.tls) return "no TLS at all";
    const auto& tls = *connection.tls;
    return fmt::format("{}, {}{}, {}", tls.version, tls.cipher_suite,
                       tls.group.empty() ? "" : ", " + tls.group,
                       tls.sni ? "SNI " + escape_html(printable(*tls.sni)) : "no SNI");
}

}  // namespace

Response index(const Exchange& exchange) {
    const CertFacts& certificate = exchange.site.certificate;
    const auto shown = [](std::string_view text) { return escape_html(printable(text)); };
    std::string rows;
    for (const Route& route : routes()) {
        if (route.example.empty()) continue;
        rows += fmt::format("<tr><td><a href=\"{0}\">{0}</a></td><td>{1}</td></tr>\n",
                            escape_html(route.example), escape_html(route.about));
    }
    return html_response(fmt::format(
        kIndexPage, fmt::arg("name", shown(exchange.site.name)),
        fmt::arg("subject", shown(certificate.subject)),
        fmt::arg("issuer", certificate.self_signed ? "itself" : shown(certificate.issuer)),
        fmt::arg("until", to_string(certificate.not_after)),
        fmt::arg("fingerprint", to_fingerprint(certificate.sha256)),
        fmt::arg("session", describe(exchange.connection)), fmt::arg("rows", rows),
        fmt::arg("proof", proof::kPath)));
}

}  // namespace sni::httpbin
