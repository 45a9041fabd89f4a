#include "lab/report/explain.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "lab/core/codes.h"

namespace sni::report {

namespace {

constexpr auto kExplanations = std::to_array<Explanation>({
    {code::kNoLab, "routed", "No lab is on record in the state folder, or one is still starting.",
     "verify --running never starts a lab of its own; up was not run, or ran with another --state.",
     "sni-lab up --detach, then sni-lab verify --running --wait 10s."},
    {code::kLabGone, "routed", "The lab on record is not running any more.",
     "Its process was killed or crashed before it could remove its record.",
     "sni-lab down removes the record; sni-lab logs may say why it ended."},
    {code::kConnectRefused, "routed", "Nothing listens on the gateway's address.",
     "The gateway is down, the port is another one, or an Istio gateway has no route at all and "
     "therefore opens no port.",
     "See whether the gateway runs and which ports it has open: ss -ltn; kubectl get svc."},
    {code::kConnectFailed, "routed", "No TCP connection came about.",
     "A firewall drops packets, the address is wrong, or the host is down.",
     "Try the address from the same machine with nc -vz HOST PORT; raise --timeout if it is far."},
    {code::kAlert, "routed", "Somebody read the ClientHello and refused it with a TLS alert.",
     "unrecognized_name: no route takes the name. missing_extension: no SNI was sent. "
     "internal_error: the route is there, its backend is not.",
     "Compare the name with sniHosts letter by letter; sni-lab up prints the table of routes."},
    {code::kHandshakeCut, "routed", "The connection was reset or closed during the handshake.",
     "Envoy does this when no filter chain takes the name, and when the backend is down.",
     "Look for filter_chain_not_found or UF in the gateway's log, and whether the backend is up."},
    {code::kHandshakeTimeout, "routed", "The other side was silent.",
     "A router waits for a backend that accepts nothing, or for the rest of a large hello.",
     "Ask the backend directly; raise --timeout if the path is slow."},
    {code::kNotTls, "routed", "What came back is no TLS.",
     "The port speaks plain HTTP, or a DestinationRule with tls.mode SIMPLE wraps TLS in TLS.",
     "Name the TLS port; for passthrough the DestinationRule must not originate TLS."},
    {code::kTlsError, "routed", "OpenSSL refused what the other side sent in the handshake.",
     "No common version or suite, or bytes that were altered on the way.",
     "openssl s_client -connect HOST:PORT -servername NAME -msg shows every message."},
    {code::kRequestCut, "routed", "The connection broke off after the handshake.",
     "The backend crashed or was drained, or a gateway's idle timeout is shorter than the answer.",
     "Ask again; then look into the backend's log at that time."},
    {code::kOtherBackend, "backend", "Another backend signed than the one that was expected.",
     "The name is routed to another service, or weights share it among several.",
     "Compare the routes; --backend NAME says which one you expect."},
    {code::kCertName, "name", "The certificate was issued for another name.",
     "A default certificate is served: no route took the name, or a gateway ended TLS with its "
     "own.",
     "certgen NAME makes one with CN and SAN equal to the name; serve it where TLS ends."},
    {code::kCertExpired, "dates", "The certificate has expired.",
     "Nobody renewed it, or the backend still serves an old one from memory.",
     "sni-lab certgen --force NAME, then restart or reload the backend."},
    {code::kCertNotYetValid, "dates", "The certificate is not valid yet.",
     "This machine's clock is behind, or the certificate was made for later.",
     "Compare date -u with the certificate's notBefore."},
    {code::kCertChain, "chain", "The chain does not lead to the certificate given with --cacert.",
     "Another CA signed it, an intermediate is missing, or it is self-signed.",
     "Give the issuing CA; a self-signed certificate is its own CA."},
    {code::kCertPin, "pin", "The certificate is not the one that was pinned.",
     "It was renewed with a new key, or somebody serves another one.",
     "If it was renewed, pin the new one's key (--pin takes either digest); if not, find out who."},
    {code::kCertNotTheLabs, "own", "The certificate is not the one that the lab's backend holds.",
     "A gateway ends TLS with a certificate of its own (A0 of the threat model).",
     "Let the gateway pass TLS through: tls.mode PASSTHROUGH, and a route that matches by SNI."},
    {code::kCertWeakKey, "key", "The certificate's key is too short to be safe.",
     "An old certificate, or certgen --recipe weak-key.",
     "Make a new one: RSA 2048 or more, or an elliptic curve (sni-lab certgen --key ec:p256)."},
    {code::kNoStatement, "signed", "The backend's signed statement did not come.",
     "The service is not a sni-lab backend, or has no identity. A gateway that terminates TLS can "
     "cause this on purpose, by dropping the statement.",
     "Ask the backend without the gateway: if it answers there and not here, suspect the gateway."},
    {code::kBadEnvelope, "signed", "Something came back, but it is no statement.",
     "An error page, a captive portal, an answer that was cut or rewritten. A gateway can cause "
     "this.",
     "Look at it: sni-lab get https://NAME/.well-known/sni-lab/proof?nonce=… --connect GATEWAY."},
    {code::kBadSignature, "signed", "A statement came, but the expected identity did not sign it.",
     "A gateway rewrote it or signed it with a key of its own; or --identity names another "
     "backend's key.",
     "Compare the key id with what the backend prints at its start; if they are equal, it was "
     "forged."},
    {code::kBadDocument, "signed",
     "The right identity signed something that this version cannot read.",
     "Backend and verifier are of different versions.", "Use the same version at both ends."},
    {code::kOtherNonce, "fresh", "The statement answers another probe's nonce.",
     "Somebody in between replays an old statement, or asked with a nonce of his own.",
     "Nothing at your ends: whoever does this terminates TLS and hides it."},
    {code::kNoTlsAtBackend, "session", "The request reached the backend in plain text.",
     "The gateway ends TLS and goes on without (A1): tls.mode SIMPLE, a TLS listener that "
     "terminates.",
     "Istio: PASSTHROUGH and a tls: route. Gateway API: Passthrough and a TLSRoute."},
    {code::kExporterDiffers, "session", "Client and backend are in two different TLS sessions.",
     "A gateway with the certificate's key decrypts and encrypts again (A2).",
     "Take the key away from the gateway, it needs none, and let it pass TLS through. "
     "Istio: Gateway servers[].tls.mode PASSTHROUGH, and a VirtualService with a tls: route by "
     "sniHosts; no DestinationRule that originates TLS. "
     "Gateway API: listener protocol TLS with tls.mode Passthrough, and a TLSRoute. "
     "Envoy: listener filter tls_inspector, filter_chain_match.server_names, a tcp_proxy, and no "
     "transport_socket on the filter chain or on the cluster. "
     "nginx: in stream, ssl_preread on and a map of $ssl_preread_server_name for proxy_pass, no "
     "ssl on listen, no proxy_ssl. "
     "HAProxy: mode tcp, tcp-request inspect-delay, req.ssl_sni to choose, no ssl on bind or on "
     "server. "
     "Traefik: a TCP router (IngressRouteTCP) with HostSNI(`name`) and tls.passthrough: true, not "
     "an HTTP router."},
    {code::kLeafDiffers, "served", "The backend serves another certificate than was seen here.",
     "A gateway ends TLS, or two backends with different certificates share the name.",
     "Compare both SHA-256 in --json; let every backend of a name serve the same certificate."},
    {code::kEngineDiffers, "engines",
     "The two TLS engines do not agree on version, suite, group, SNI, ALPN or resumption.",
     "They are in different sessions: the fields that differ show who is at the other end.",
     "As for SL2307."},
    {code::kNoExporter, "session", "This client's TLS library gave no exporter.",
     "An OpenSSL that was built or patched without it.", "Use the distribution's own OpenSSL 3."},
    {code::kNoMasterSecretBinding, "bound",
     "TLS 1.2 without extended master secret: two sessions can share one exporter (RFC 7627).",
     "An old TLS library at one end.", "Let both ends speak TLS 1.3, or 1.2 with RFC 7627."},
    {code::kResumed, "handshake", "The session was resumed.",
     "A ticket was offered and taken. Whoever shares the ticket keys could have taken it.",
     "Ask again: verify offers no ticket by itself."},
    {code::kSentDiffers, "sent",
     "The bytes that left here are not those that the backend received.",
     "Somebody ends TLS, or cuts and joins records on the way. Equal lengths mean nothing: two "
     "sessions of one library are equally long.",
     "As for SL2307."},
    {code::kReceivedDiffers, "received", "The bytes that the backend sent are not those that came.",
     "Somebody ends TLS, or adds and takes away bytes on the way.", "As for SL2307."},
    {code::kHelloDiffers, "hello", "Another ClientHello arrived than was sent.",
     "A gateway shakes hands itself; the hello's shape (JA4) tells which TLS library it uses.",
     "As for SL2307."},
    {code::kNoStreams, "sent", "One end has no digest of the bytes.",
     "The backend stops digesting after the first MiB when nobody has asked for a proof.",
     "Ask for a smaller answer with --request."},
    {code::kNoHello, "hello", "One end kept no ClientHello.",
     "Backend and verifier are of different versions.", "Use the same version at both ends."},
    {code::kSamples, "samples", "Some connections were proven, and others were not.",
     "Several gateways or backends behind one address differ, or a gateway inspects only some "
     "connections (A5).",
     "Ask with more --samples, and look at what the failing ones have in common."},
    {code::kUnattested, "attested", "Nobody vouches for what the client saw.",
     "proof check ran without --verifier. The file holds the client's half; whoever holds the file "
     "could have rewritten it.",
     "Get the verifier's public key by another way than the file: STATE/verifier.key.pub."},
    {code::kSavedAltered, "attested", "The file is not what this verifier signed.",
     "It was altered, or another verifier wrote it.",
     "Ask for the file again, or for the right verifier's key."},
    {code::kSavedUnreadable, "attested", "The file is no saved proof.",
     "It was cut or edited, or is of another version.", "Write it again: verify --save FILE."},
    {code::kCanaryLost, "canary", "A canary that was asked for did not arrive.",
     "Somebody on the path answers hellos himself, looks into them, or does not pass a client "
     "certificate on: a gateway that terminates TLS does all of it. An inconclusive one only "
     "broke off, or met a backend that asks for no certificate.",
     "Send it to the backend directly: if it arrives there, the path loses it."},
    {code::kSessionUnseen, "asked",
     "The backend knows of no finished session that began with this client's hello.",
     "A gateway finished the handshake in its place, and took the statement away to hide it.",
     "As for SL2307."},
    {code::kSessionsUnread, "asked", "The backend's list of sessions could not be read.",
     "--backend-admin names another port, or the backend was started without --admin.",
     "curl http://HOST:PORT/sessions; it must show schema sni-lab/sessions/1."},
    {code::kTicketRefused, "ticket",
     "A ticket that the backend takes back directly was not taken through the gateway.",
     "Somebody in between ends TLS and cannot read the backend's tickets; or the gateway leads to "
     "another instance that has other ticket keys.",
     "Point DIRECT at the very instance that the gateway leads to; if it stays so, as for "
     "SL2307."},
    {code::kNoTicket, "ticket", "The direct path gives no ticket that it takes back itself.",
     "The backend does not resume sessions, or DIRECT is a load balancer before several.",
     "Use match-keylogs, or put a sni-lab backend behind the gateway."},
    {code::kIdentityServed, "signed",
     "The identity that is expected to sign is the key of a certificate that the gateway served.",
     "The backend was started with its TLS key as --identity. Whoever ends TLS with that key, a "
     "gateway included, can sign any statement, so a signature shows nothing.",
     "Start the backend with an identity of its own, and give verify the new FILE.pub."},
    {code::kStatus, "answer", "The answer has another status than was expected.",
     "Somebody answered who is not the backend, or the backend does not know the path.",
     "--expect-status N says what you expect; --request PATH what to ask."},
    {code::kNoForwardSecrecy, "secrecy",
     "The key exchange has no forward secrecy: whoever holds the certificate's key can read what "
     "passes, also later.",
     "Static RSA was negotiated (A4).", "Offer only TLS 1.3 or ECDHE suites at the backend."},
    {code::kKeyLog, "key log", "The backend writes its TLS secrets to a file.",
     "It was started with a key log, for Wireshark or match-keylogs.",
     "Start it without: whoever has the file can read everything."},
    {code::kNotLookedAt, "session", "The probe ended before this could be seen.",
     "An earlier line says why.", "Mend that line first."},
});

std::string wrapped(std::string_view label, std::string_view text) {
    constexpr std::size_t kColumn = 10;
    constexpr std::size_t kWidth = 96;
    std::string lines = fmt::format("  {:<8}", label);
    std::size_t column = kColumn;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (column + 1 + word.size() > kWidth) {
            lines += fmt::format("\n{:{}}", "", kColumn);
            column = kColumn;
        } else if (column > kColumn) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
    }
    return lines + "\n";
}

bool same_code(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        return std::toupper(static_cast<unsigned char>(x)) ==
               std::toupper(static_cast<unsigned char>(y));
    });
}

}  // namespace

std::span<const Explanation> explanations() {
    return kExplanations;
}

std::vector<Explanation> explain(std::string_view code_or_line) {
    std::vector<Explanation> found;
    std::ranges::copy_if(kExplanations, std::back_inserter(found), [&](const Explanation& e) {
        return same_code(e.code, code_or_line) || e.line == code_or_line;
    });
    return found;
}

std::string to_text(const Explanation& e) {
    return fmt::format("{} ({})\n", e.code, e.line) + wrapped("means", e.means) +
           wrapped("happens", e.happens) + wrapped("mend", e.mend);
}

}  // namespace sni::report
