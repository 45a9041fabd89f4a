// Explanations of SL21xx and SL22xx: the way to the backend, and the certificate that was seen.
#include <array>

#include "lab/core/codes.h"
#include "lab/report/explain_tables.h"

namespace sni::report {

namespace {

constexpr auto kPathExplanations = std::to_array<Explanation>({
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
});

}  // namespace

std::span<const Explanation> path_explanations() {
    return kPathExplanations;
}

}  // namespace sni::report
