// Explanations of SL50xx, SL60xx and SL65xx: the router, the backend and the benchmark.
#include <array>

#include "lab/core/codes.h"
#include "lab/report/explain_tables.h"

namespace sni::report {

namespace {

constexpr auto kPartExplanations = std::to_array<Explanation>({
    {code::kBadRoute, "", "A route cannot be read.",
     "A line of --routes or a --route is not NAME HOST:PORT, a name is no DNS name or wildcard, a "
     "port or weight is out of range, or one name stands there twice.",
     "A line is NAME HOST:PORT[*WEIGHT], as in httpbin.example.com 127.0.0.1:8444; sni-lab router "
     "--help has the rest."},
    {code::kCannotResolve, "", "A name that is to be dialled or listened on has no address.",
     "It is misspelt, this machine's DNS does not know it, or DNS does not answer.",
     "getent ahosts NAME asks as the router does; an IP address does without DNS."},
    {code::kNotOnlyLocal, "", "A port can be reached from other machines.",
     "A listener or --admin is bound to an address that is not loopback. That is right for a "
     "gateway that others use, and seldom for a lab or for --admin, which shows names and routes.",
     "Listen on 127.0.0.1 or [::1], or guard the port with a firewall."},
    {code::kRouteToSelf, "", "A route leads to a port where this router listens itself.",
     "The backend was copied from --listen, or its name resolves to this machine. One client would "
     "be passed on in a circle until the router has no descriptor left.",
     "Name the backend's own address and port; getent ahosts NAME shows where a name leads."},
    {code::kNoRoutes, "", "The routes file has no route.",
     "An editor or a generator had truncated it when it was read, or all in it is comment.",
     "Write the new file beside it and rename it; --allow-empty takes an empty one as it is."},
    {code::kRoutesOnce, "", "The routes file is a pipe, which can be read only once.",
     "--routes <(generate) hands over a pipe: SIGHUP finds nothing more in it, and the routes "
     "before stay.",
     "Write the routes into a file, and name that."},
    {code::kTooFewDescriptors, "", "The router may open fewer connections than it was told to.",
     "--max-connections is above what the hard limit of descriptors is enough for, two for each.",
     "Raise the limit (ulimit -Hn, LimitNOFILE= of systemd, --ulimit of Docker), or lower the "
     "flag."},
    {code::kCannotAccept, "", "A thread of the router cannot accept clients.",
     "accept(2) fails for a reason that does not pass by itself: a seccomp filter, a listener that "
     "was shut down from outside, or descriptors or memory that lack for seconds.",
     "The message names the error; the router tries again by itself, and /readyz tells when it "
     "can."},
    {code::kBackendCertificate, "", "The backend cannot serve this certificate with this key.",
     "The PEM is broken, the key belongs to another certificate, or OpenSSL refuses them (too "
     "weak, too old).",
     "Take both from one run of certgen or openssl."},
    {code::kBackendClientCa, "", "Client certificates cannot be checked.",
     "They are asked for without --client-ca, or its file holds no certificate of a CA.",
     "Name the PEM of the CA that signs the clients: --client-ca ca.crt."},
    {code::kBackendPolicy, "", "TLS versions, ciphers or ALPN names make no sense.",
     "The lowest version is above the highest, a list of ciphers names none that OpenSSL knows, or "
     "an ALPN name is one that the backend does not speak.",
     "openssl ciphers -v LIST shows what a list amounts to; leave the flag out for the default."},
    {code::kBackendKeyLog, "", "The backend writes its TLS secrets to a file.",
     "It was started with --keylog, for Wireshark or match-keylogs.",
     "Leave it out when you are done, and remove the file: it decrypts what was captured."},
    {code::kNoHandshake, "", "No client could finish a TLS handshake with the backend.",
     "--ciphers names only suites for another kind of key, or the key is on a curve, such as "
     "secp256k1, that clients do not offer.",
     "Take a P-256 or RSA key (sni-lab certgen makes them), or leave --ciphers to OpenSSL."},
    {code::kBenchSubject, "", "A router that is to be measured does not answer.",
     "The program is not installed, could not start, or ended; its last words stand behind it.",
     "Start it by hand with the configuration that is named, or leave it out of --against."},
    {code::kBenchStopped, "", "The benchmark was stopped before its end.",
     "Ctrl-C, or SIGTERM from whoever runs it, for example a CI job's time limit.",
     "Let it finish; fewer repetitions or a shorter time make it end sooner."},
    {code::kBenchErrors, "", "Answers were lost, late or altered under load.",
     "A router or the machine is at its limit: descriptors, ports, memory, time.",
     "Look at the error that is named; ulimit -n and fewer connections are the usual cure. Figures "
     "with errors compare nothing."},
    {code::kBenchGate, "", "A ratio is above its --max-ratio.",
     "The router became slower or larger than the one it is compared with, or the machine was "
     "busy.",
     "Repeat it on a quiet machine; if it stays so, compare with the version before."},
    {code::kBenchSteal, "", "The hypervisor took so much CPU time that the figures mean little.",
     "Neighbours on the same host were busy.", "Repeat it when they are quiet."},
});

}  // namespace

std::span<const Explanation> part_explanations() {
    return kPartExplanations;
}

}  // namespace sni::report
