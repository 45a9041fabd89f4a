// Explanations of SL23xx and SL24xx: the statement, the session and the answer.
#include <array>

#include "lab/core/codes.h"
#include "lab/report/explain_tables.h"

namespace sni::report {

namespace {

constexpr auto kSessionExplanations = std::to_array<Explanation>({
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

}  // namespace

std::span<const Explanation> session_explanations() {
    return kSessionExplanations;
}

}  // namespace sni::report
