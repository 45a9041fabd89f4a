// What each line of a report asks, whatever it found.
#include <array>

#include "lab/report/explain.h"

namespace sni::report {

namespace {

constexpr auto kLineMeanings = std::to_array<LineMeaning>({
    {"about",
     "Whether a saved proof has a probe of the name and gateway that --sni and --gateway ask "
     "about."},
    {"addresses",
     "Which of the addresses of the gateway's name was asked: each may be another gateway, so each "
     "has a check of its own."},
    {"age", "Whether a saved proof is as young as --max-age demands."},
    {"alpn",
     "The application protocol that both ends agreed on. It is part of the line engines and, "
     "where a scenario expects one, of its answer; h2 is none that a sni-lab backend chooses."},
    {"alt-svc",
     "Whether the answer offers clients another way to the service (RFC 7838), such as HTTP/3: "
     "connections that take it are none of those that were looked at."},
    {"answer", "The HTTP status that came back, beside the one that was expected."},
    {"asked", "What the backend's --admin told of its sessions, when --backend-admin asked it."},
    {"attested", "Whether a saved proof is signed by the verifier that it is expected of."},
    {"backend", "Which backend signed, beside the one that was expected."},
    {"bound",
     "Whether the exporter belongs to one session only: TLS 1.3, or TLS 1.2 with extended "
     "master secret."},
    {"canary",
     "Whether something that only the two ends should see arrived: an unusual ALPN list "
     "or a client certificate."},
    {"chain", "Whether the certificate leads to the one that was given with --cacert."},
    {"client",
     "Which kind of client asked: the JA4 of its ClientHello, and the client's own words where it "
     "was not verify's. A gateway can treat other hellos differently."},
    {"client cert", "Which client certificate the backend saw, if any."},
    {"clock", "How far the backend's clock is from this one. It decides nothing."},
    {"dates", "Whether the certificate is valid now."},
    {"ended",
     "How another client ended, where not with status 0. It decides nothing: a client may well be "
     "content with less, or want more, than a proof."},
    {"ends here",
     "Where a proof by a witness ends: between it and the service, nothing was looked at."},
    {"engines",
     "Whether both TLS engines name the same version, suite, group, SNI, ALPN and "
     "resumption."},
    {"fresh",
     "Whether the statement answers the nonce of this very probe, so that no old one was "
     "replayed."},
    {"half-close", "What came back after the client had finished sending. Of scenarios only."},
    {"handshake", "Whether the handshake was a full one."},
    {"hello",
     "Whether the ClientHello that the backend received is the one that was sent, bit by "
     "bit; in a scenario also how its hello was shaped."},
    {"identity",
     "That nobody could look whether a certificate that is served has the identity's key: whoever "
     "ends TLS with it could sign. A line only where another client than verify's asked."},
    {"key", "Whether the certificate's key is long enough."},
    {"key log", "Whether the backend writes its TLS secrets to a file."},
    {"name",
     "Whether the certificate is for the name that was asked for, and where the name "
     "stands in it: SAN or CN."},
    {"not_tls",
     "Of the router's access log: a client began with no TLS handshake, and the field saw says "
     "with what. proxy: name the balancer with --accept-proxy. http: the URL lacks https://. "
     "postgres, smtp, imap, pop3, ldap, xmpp, ftp: they ask for TLS in words of their own first, "
     "and no name can be seen; use the port that begins with TLS (psql sslnegotiation=direct, "
     "465, 993, 636). --non-tls HOST:PORT takes whoever speaks no TLS elsewhere."},
    {"note",
     "What a scenario's check could not look at on this machine, and why. It decides "
     "nothing."},
    {"own", "Whether the certificate is the one that the lab's own backend holds."},
    {"pin", "Whether the certificate or its key is the one of --pin."},
    {"received", "Whether what the backend sent is what arrived here, byte by byte."},
    {"routed",
     "Whether the connection came as far as a backend, and if not, where and how it "
     "ended."},
    {"router",
     "How the lab's own router recorded the session, and whether it dialled a backend. "
     "Of scenarios only."},
    {"samples", "How many connections were proven, when --samples asks for several."},
    {"secrecy", "Whether the key exchange has forward secrecy."},
    {"sent", "Whether what left here is what the backend received, byte by byte."},
    {"served", "Whether the backend says that it serves the certificate that was seen here."},
    {"session",
     "Whether both ends are in one and the same TLS session: equal exporters (RFC 9266). "
     "This is the heart of the proof."},
    {"shares", "How many connections each backend took, beside its weight. Of scenarios only."},
    {"signed", "Whether the expected identity signed the backend's statement."},
    {"streams", "How many connections that were open during a change went on. Of scenarios only."},
    {"ticket",
     "Whether a session ticket that was earned directly is taken back through the "
     "gateway."},
    {"tls",
     "The version, suite and group that the client's own engine negotiated. It only tells, "
     "since the other end of it may be a gateway."},
    {"way",
     "Whether the session that another client showed came by the gateway: a witness of verify's "
     "own stands before the gateway and sees each of its hellos."},
    {"wire",
     "Whether the certificate went over the wire for everybody to read (TLS 1.2) or encrypted (TLS "
     "1.3). Of scenarios only."},
    {"witness",
     "Whether exactly one connection at the witness beside the service began with the ClientHello "
     "that was sent."},
});

}  // namespace

std::span<const LineMeaning> line_meanings() {
    return kLineMeanings;
}

}  // namespace sni::report
