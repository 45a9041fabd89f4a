// What each line of a report asks, whatever it found, and what each word of the router's access log
// and of match says.
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
    {"altered", "Of match: one TLS session, and yet other bytes arrived than were sent."},
    {"answer", "The HTTP status that came back, beside the one that was expected."},
    {"asked", "What the backend's --admin told of its sessions, when --backend-admin asked it."},
    {"attested", "Whether a saved proof is signed by the verifier that it is expected of."},
    {"backend", "Which backend signed, beside the one that was expected."},
    {"backend_down",
     "Of the router's access log: every backend of the route refused or could not be reached; "
     "backend and address say which was tried last, and error why that failed."},
    {"backend_timeout",
     "Of the router's access log: the last backend that was tried did not answer within "
     "--connect-timeout. A firewall that drops packets looks like that."},
    {"bad_name", "Of the router's access log: the name in sni is one that no host can have."},
    {"bad_proxy_header",
     "Of the router's access log: a peer that --accept-proxy names began with what only looks "
     "like a PROXY header."},
    {"bad_version",
     "Of the router's access log: a client began with a TLS record of a version that there is "
     "not."},
    {"binary",
     "Of saw in the router's access log: the client began with bytes that are neither TLS, nor "
     "another protocol that is known, nor text."},
    {"bound",
     "Whether the exporter belongs to one session only: TLS 1.3, or TLS 1.2 with extended "
     "master secret."},
    {"canary",
     "Whether something that only the two ends should see arrived: an unusual ALPN list "
     "or a client certificate."},
    {"chain", "Whether the certificate leads to the one that was given with --cacert."},
    {"clear",
     "What was said before TLS on a connection, as before a STARTTLS. Whoever is in between can "
     "read "
     "it, and no verdict is about it."},
    {"client",
     "Which kind of client asked: the JA4 of its ClientHello, and the client's own words where it "
     "was not verify's. A gateway can treat other hellos differently."},
    {"client cert", "Which client certificate the backend saw, if any."},
    {"client_left",
     "Of the router's access log: the client ended, or reset, before its ClientHello was whole; "
     "with saw nothing it is a probe of a balancer, mostly (--log-probes no)."},
    {"client_reset",
     "Of the router's access log: the client reset while its backend was dialled: it had no "
     "patience left, mostly."},
    {"clock", "How far the backend's clock is from this one. It decides nothing."},
    {"crowded_out",
     "Of the router's access log: hellos that waited for their rest or for a backend held all "
     "that --max-stalled allows, and this was the oldest. Either somebody sends half hellos on "
     "purpose, or a backend is slow to answer."},
    {"cut",
     "Of the router's access log: the router stopped before the connection had come to its end; "
     "as client_end or backend_end, that it closed that side because of the other one. Of "
     "match: one session, and what one end has of it is the begin of what the other has."},
    {"dates", "Whether the certificate is valid now."},
    {"duplicate",
     "Of the router's access log: a ClientHello has an extension twice, or two names, and router "
     "and backend could take different ones."},
    {"ended",
     "How another client ended, where not with status 0. It decides nothing: a client may well be "
     "content with less, or want more, than a proof."},
    {"ends here",
     "Where a proof by a witness ends: between it and the service, nothing was looked at."},
    {"engines",
     "Whether both TLS engines name the same version, suite, group, SNI, ALPN and "
     "resumption."},
    {"expected",
     "What a saved proof was expected to come to, where its file does not tell all of it."},
    {"failed",
     "Of the router's access log: this machine was short of something, and error says of what."},
    {"finished",
     "Of client_end and backend_end in the router's access log: that side had sent everything, "
     "and said so (FIN)."},
    {"fresh",
     "Whether the statement answers the nonce of this very probe, so that no old one was "
     "replayed."},
    {"ftp",
     "Of saw in the router's access log: the client began in words of FTP, in which AUTH TLS "
     "comes before a name."},
    {"half-close", "What came back after the client had finished sending. Of scenarios only."},
    {"handshake", "Whether the handshake was a full one."},
    {"hello",
     "Whether the ClientHello that the backend received is the one that was sent, bit by "
     "bit; in a scenario also how its hello was shaped."},
    {"hello_timeout",
     "Of the router's access log: the ClientHello was not whole --hello-timeout after accept; "
     "with saw nothing, the client had said nothing at all."},
    {"hello_too_large",
     "Of the router's access log: a ClientHello has more than --hello-limit bytes."},
    {"http",
     "Of saw in the router's access log: the client began with an HTTP/1.x request: the URL "
     "lacks https://, or a health check speaks plain HTTP to this port."},
    {"http2",
     "Of saw in the router's access log: the client began with the preface of HTTP/2 without "
     "TLS (h2c), as a gRPC client does that is told to be insecure."},
    {"identity",
     "That nobody could look whether a certificate that is served has the identity's key: whoever "
     "ends TLS with it could sign. A line only where another client than verify's asked."},
    {"imap",
     "Of saw in the router's access log: the client began in words of IMAP, in which STARTTLS "
     "comes before a name; use a port that begins with TLS (993)."},
    {"key", "Whether the certificate's key is long enough."},
    {"key log", "Whether the backend writes its TLS secrets to a file."},
    {"ldap",
     "Of saw in the router's access log: the client began as LDAP's do, in which StartTLS comes "
     "before a name; use a port that begins with TLS (636)."},
    {"left",
     "Of client_end in a witness's log: the client was the first to finish, and nothing had "
     "come back by then."},
    {"malformed",
     "Of the router's access log: a ClientHello contradicts itself: a length that is wrong, or "
     "bytes left over. It goes nowhere, not to a route \"*\" either."},
    {"mqtt",
     "Of saw in the router's access log: the client began as MQTT's do without TLS; use the "
     "port that begins with it (8883)."},
    {"mysql",
     "Of saw in the router's access log: the client began as MySQL's do. There the server "
     "speaks first, and no name can be seen."},
    {"name",
     "Whether the certificate is for the name that was asked for, and where the name "
     "stands in it: SAN or CN."},
    {"no_descriptors",
     "Of the router's access log: the router could open no socket to the backend, since it has as "
     "many files open as it may: raise ulimit -n, or lower the --max-connections of sni-lab "
     "router."},
    {"no_proxy_header",
     "Of the router's access log: a peer that --accept-proxy names did not begin with a PROXY "
     "header, and the field saw says with what. Let the balancer send one (HAProxy: "
     "send-proxy-v2; nginx: proxy_protocol on), its health checks too, or leave it out of "
     "--accept-proxy."},
    {"no_route",
     "Of the router's access log: no route takes the name in sni. A route *.example.com does not "
     "take example.com itself."},
    {"no_sni",
     "Of the router's access log: the client named no host, and there is no route \"*\" for such "
     "clients. openssl s_client needs -servername NAME; a URL with an IP address never has a "
     "name."},
    {"not complete",
     "Of match: what the two witnesses recorded of this connection does not tell what became of "
     "it."},
    {"not_tls",
     "Of the router's access log: a client began with no TLS handshake, and the field saw says "
     "with what. proxy: name the balancer with --accept-proxy. http: the URL lacks https://. "
     "postgres, smtp, imap, pop3, ldap, xmpp, ftp: they ask for TLS in words of their own first, "
     "and no name can be seen; use the port that begins with TLS (psql sslnegotiation=direct, "
     "465, 993, 636). --non-tls HOST:PORT takes whoever speaks no TLS elsewhere."},
    {"note",
     "What a scenario's check could not look at on this machine, and why. It decides "
     "nothing."},
    {"nothing",
     "Of saw in the router's access log: the client said nothing at all. A probe of a balancer, "
     "mostly (--log-probes no), or a protocol in which the server speaks first."},
    {"open",
     "Of client_end and backend_end in the router's access log: that side had not ended when "
     "the line was written; without a backend there was none to end."},
    {"own", "Whether the certificate is the one that the lab's own backend holds."},
    {"passed",
     "Of match: one TLS session from the client to the service, and every byte is the same at "
     "both ends."},
    {"pin", "Whether the certificate or its key is the one of --pin."},
    {"pop3",
     "Of saw in the router's access log: the client began in words of POP3, in which STLS comes "
     "before a name; use a port that begins with TLS (995)."},
    {"postgres",
     "Of saw in the router's access log: the client began as PostgreSQL's do, which ask for TLS "
     "in words of their own first; with psql sslnegotiation=direct TLS comes first, and the "
     "name can be seen."},
    {"proxy",
     "Of saw in the router's access log: the client began with a PROXY header: name the "
     "balancer with --accept-proxy, unless it is named already and the header was not whole."},
    {"rdp",
     "Of saw in the router's access log: the client began as RDP's do, which ask for TLS in "
     "words of their own first."},
    {"re-encrypted",
     "Of match: the session ended on its way, and another one for that name began at the "
     "service: somebody in between ends TLS."},
    {"readable",
     "Of match: every byte is the same at both ends, but whoever holds the service's keys could "
     "read it without being seen: a key exchange without forward secrecy, or a session ticket "
     "below TLS 1.3."},
    {"received", "Whether what the backend sent is what arrived here, byte by byte."},
    {"record_overflow",
     "Of the router's access log: a client began with a TLS record of more than 16384 bytes."},
    {"redis", "Of saw in the router's access log: the client began as Redis's do without TLS."},
    {"reset",
     "Of client_end and backend_end in the router's access log: that side gave the connection "
     "up (RST), or the network lost it."},
    {"routed",
     "Whether the connection came as far as a backend, and if not, where and how it "
     "ended."},
    {"routed elsewhere",
     "Of match: the service saw neither this session nor another one for that name."},
    {"router",
     "How the lab's own router recorded the session, and whether it dialled a backend. "
     "Of scenarios only."},
    {"samples",
     "How many connections were proven, when --samples asks for several, and what the others came "
     "to."},
    {"secrecy", "Whether the key exchange has forward secrecy."},
    {"sent", "Whether what left here is what the backend received, byte by byte."},
    {"served", "Whether the backend says that it serves the certificate that was seen here."},
    {"session",
     "Whether both ends are in one and the same TLS session: equal exporters (RFC 9266). "
     "This is the heart of the proof."},
    {"shares", "How many connections each backend took, beside its weight. Of scenarios only."},
    {"signed", "Whether the expected identity signed the backend's statement."},
    {"smtp",
     "Of saw in the router's access log: the client began in words of SMTP, in which STARTTLS "
     "comes before a name; use a port that begins with TLS (465)."},
    {"socks",
     "Of saw in the router's access log: the client began as those of a SOCKS proxy do, which "
     "this is not."},
    {"ssh",
     "Of saw in the router's access log: the client began with the banner of SSH. --non-tls "
     "HOST:PORT takes it elsewhere."},
    {"ssl_v2",
     "Of the router's access log: a client began with a ClientHello of SSL 2.0, which has no name "
     "in it and which nobody may accept (RFC 6176)."},
    {"streams", "How many connections that were open during a change went on. Of scenarios only."},
    {"text",
     "Of saw in the router's access log: the client began with text of no protocol that is "
     "known."},
    {"ticket",
     "Whether a session ticket that was earned directly is taken back through the "
     "gateway."},
    {"timed_out",
     "Of client_end and backend_end in the router's access log: no byte moved for --idle-timeout "
     "or --half-closed-timeout, or the peer acknowledged nothing (--keepalive, --user-timeout)."},
    {"tls",
     "The version, suite and group that the client's own engine negotiated. It only tells, "
     "since the other end of it may be a gateway."},
    {"too_slow",
     "Of client_end and backend_end in the router's access log: that side did not take what was "
     "held for it, when all held more than --max-held allows."},
    {"unexpected_message",
     "Of the router's access log: a client began with TLS, but with something else than a "
     "ClientHello."},
    {"unroutable_name",
     "Of the router's access log: the name in sni is an IP address, or ends in a dot, which RFC "
     "6066 forbids. --strip-trailing-dot routes the latter."},
    {"way",
     "Whether the session that another client showed came by the gateway: a witness of verify's "
     "own stands before the gateway and sees each of its hellos."},
    {"wire",
     "Whether the certificate went over the wire for everybody to read (TLS 1.2) or encrypted (TLS "
     "1.3). Of scenarios only."},
    {"witness",
     "Whether exactly one connection at the witness beside the service began with the ClientHello "
     "that was sent."},
    {"xmpp",
     "Of saw in the router's access log: the client began with a stream of XMPP, in which "
     "STARTTLS comes before a name."},
});

}  // namespace

std::span<const LineMeaning> line_meanings() {
    return kLineMeanings;
}

}  // namespace sni::report
