// Gateways of ill will before a service with a witness: what a probe of ours says of each, what
// other clients say, and what two witnesses say together.
#include <algorithm>
#include <array>
#include <optional>
#include <regex>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "certs/digest.h"
#include "lab/client/page.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/gateways/connection.h"
#include "lab/tls/ja4.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/lying_backend.h"
#include "tests/support/peer.h"
#include "tests/support/splice.h"
#include "tests/support/tls_client.h"
#include "tests/support/triple_handshake.h"
#include "tests/support/witnessed_service.h"

namespace e2e_witness_adversaries_test {

using namespace sni;
using namespace sni::test;
using proof::Fate;

namespace {

const std::string kHost = "httpbin.example.com";

/// The service, a witness beside it, and what a gateway that ends its TLS must have.
struct Site {
    Site() : service(backend_options()), witnessed(service.listening()) {}

    gateways::CheatingOptions thief() const {
        return {.backend = witness().address(),
                .chain_pem = lab_certificate().chain_pem(),
                .key = lab_certificate().key};
    }
    const WitnessSite& witness() const { return witnessed.witness; }
    WitnessedService::Ran verify(const Endpoint& gateway,
                                 std::vector<std::string> more = {}) const {
        return witnessed.verify(to_string(gateway), std::move(more));
    }
    /// By a client that is none of ours: `script`, to which "$0" says where to connect.
    WitnessedService::Ran verify_by(const Endpoint& gateway, const std::string& script) const {
        return verify(gateway, {"--", "sh", "-c", script, "{connect}"});
    }
    /// Of `script` run beside a witness of the clients' own.
    proof::Matching match_by(const Endpoint& gateway, const std::string& script) {
        WitnessSite beside(gateway);
        const Finished ran = run_program({"sh", "-c", script, to_string(beside.address())});
        INFO(ran.err);
        clients = beside.recorded("clients");
        const std::array services{witnessed.witness.recorded("service")};
        return match(clients, services);
    }

    backend::Backend service;
    WitnessedService witnessed;
    proof::WitnessRecord clients;
};

/// One request by OpenSSL's own client, with these flags.
std::string s_client(const std::string& flags = "") {
    return fmt::format(
        "printf 'GET /bytes/3000 HTTP/1.1\\r\\nHost: {0}\\r\\nConnection: close\\r\\n\\r\\n' | "
        "openssl s_client -quiet -connect \"$0\" -servername {0} {1} >/dev/null 2>&1; ",
        kHost, flags);
}

/// One that spares what a probe of ours sends, and what a client sends that is not spared.
struct Selective {
    std::string by;
    std::function<bool(const tls::HelloFacts&)> picks;
    std::string script;
    std::size_t spared = 0;  ///< of the script's connections
};

std::vector<Selective> selective(const Site& site) {
    const auto ours = client::observe({.gateway = site.witness().address(), .sni = kHost},
                                      site.witness().identity())
                          .ja4.value();
    return {
        {"JA4",
         [ours](const tls::HelloFacts& hello) { return tls::ja4(hello, certs::sha256) != ours; },
         s_client("-alpn h2,http/1.1")},
        {"ALPN",
         [](const tls::HelloFacts& hello) { return std::ranges::count(hello.alpn, "h2") == 0; },
         s_client("-alpn http/1.1") + s_client()},
        {"version",
         [](const tls::HelloFacts& hello) {
             return std::ranges::count(hello.supported_versions, 0x0304) == 0;
         },
         s_client("-tls1_2")},
        {"resumption", [](const tls::HelloFacts& hello) { return hello.psk_identities > 0; },
         "t=$(mktemp); " + s_client("-sess_out \"$t\"") + s_client("-sess_in \"$t\"") +
             "rm \"$t\"; ",
         1},
    };
}

/// Whatever `page` of a witness would answer, `told` makes of it what is answered.
class Liar {
  public:
    using Told = std::function<void(Peer& asker, const std::string& target)>;
    explicit Liar(Told told)
        : stub_([told = std::move(told)](Peer asker) {
              std::string head;
              while (head.find("\r\n\r\n") == std::string::npos) {
                  const Buffer byte = asker.read(1);
                  if (byte.empty()) return;
                  head += as_text(byte);
              }
              const std::size_t from = head.find(' ') + 1;
              told(asker, head.substr(from, head.find(' ', from) - from));
          }) {}

    std::string address() const { return to_string(stub_.endpoint()); }

  private:
    Stub stub_;
};

void answer(Peer& asker, const std::string& body) {
    asker.send(
        bytes_of(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: "
                             "close\r\n\r\n{}",
                             body.size(), body)));
    asker.finish();
}

/// What `witness` answers to that.
std::string page(const WitnessSite& witness, const std::string& target) {
    const auto got = client::get_page(witness.page(), target, std::chrono::seconds(20));
    return got ? *got : got.error();
}

/// Ends TLS with the service's certificate, and answers so many requests as if it were the service.
void pose(Peer& client, int answers = 1) {
    const auto context =
        gateways::ending_context(lab_certificate().chain_pem(), lab_certificate().key);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), client.fd());
    if (SSL_accept(ssl.get()) != 1) return;
    std::array<char, 4096> request;
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    while (answers-- > 0 && SSL_read(ssl.get(), request.data(), request.size()) > 0) {
        SSL_write(ssl.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
    }
    SSL_shutdown(ssl.get());
}

/// Inverts the byte at `at` of what passes, wherever it comes in pieces.
Change inverts(std::size_t at) {
    return [at, passed = std::size_t{0}](Buffer& piece) mutable {
        if (passed <= at && at < passed + piece.size()) piece[at - passed] ^= std::byte{0xff};
        passed += piece.size();
    };
}

}  // namespace

TEST_CASE("one that spares our hello is caught by the clients that it reads, beside a witness",
          "[e2e][witness]") {
    if (!have("openssl")) return;
    const std::size_t which = GENERATE(range(std::size_t{0}, std::size_t{4}));
    Site site;
    const Selective chosen = selective(site).at(which);
    CAPTURE(chosen.by);
    gateways::CheatingOptions options = site.thief();
    options.picks = chosen.picks;
    const gateways::CheatingGateway gateway(options);
    CHECK(site.verify(gateway.listening()).verdict() == "proven");
    const auto caught = site.verify_by(gateway.listening(), chosen.script);
    INFO(caught.report.dump(1));
    CHECK(caught.status == 1);
    CHECK(caught.verdict() == "terminated");
    const proof::Matching all = site.match_by(gateway.listening(), chosen.script);
    // One that went before the last bytes came is not complete.
    CHECK(all.count(Fate::passed) + all.count(Fate::cut) + all.count(Fate::incomplete) ==
          chosen.spared);
    CHECK(all.count(Fate::reencrypted) == all.sessions.size() - chosen.spared);
    CHECK(all.sessions.size() > chosen.spared);
}

TEST_CASE("one that spares where we come from is caught by a witness beside the others",
          "[e2e][witness]") {
    if (!have("openssl")) return;
    Site site;
    const gateways::CheatingGateway anew(site.thief());
    // Who comes by IPv6 comes from elsewhere.
    const Stub gateway(
        [&](Peer client) {
            sockaddr_in6 from{};
            socklen_t size = sizeof from;
            ::getpeername(client.fd(), reinterpret_cast<sockaddr*>(&from), &size);
            Peer to = Peer::to(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr) ? site.witness().address()
                                                                     : anew.listening());
            splice(client, to);
        },
        parse_endpoint("[::]:0").value());
    const Endpoint near = loopback(gateway.endpoint().port);
    const Endpoint far = parse_endpoint(fmt::format("[::1]:{}", near.port)).value();
    CHECK(site.verify(near).verdict() == "proven");
    CHECK(site.verify_by(near, s_client()).verdict() == "proven");  // it comes from here as well
    const proof::Matching all = site.match_by(far, s_client() + s_client());
    CHECK(all.sessions.size() == 2);
    CHECK(all.count(Fate::reencrypted) == 2);
}

TEST_CASE("one that sends our hello on, and ends TLS itself, is caught by the witness",
          "[e2e][witness]") {
    if (!have("openssl")) return;
    Site site;
    const bool stays = GENERATE(false, true);
    CAPTURE(stays);
    const Stub gateway([&](Peer client) {
        const Buffer hello = client.peek_record();
        Peer to = Peer::to(site.witness().address());
        to.send(hello);
        to.read(100);
        if (!stays) to.close();
        pose(client);
    });
    const auto ours = site.verify(gateway.endpoint(), {"--timeout", "2s"});
    INFO(ours.report.dump(1));
    CHECK(ours.status == 1);
    CHECK(ours.verdict() == "terminated");
    const auto other = site.verify_by(gateway.endpoint(), s_client());
    INFO(other.report.dump(1));
    CHECK(other.status == 1);
    CHECK(other.verdict() == "terminated");
    const proof::Matching all = site.match_by(gateway.endpoint(), s_client());
    REQUIRE(all.sessions.size() == 1);
    CHECK(all.sessions[0].fate == Fate::reencrypted);
}

TEST_CASE("one that passes the handshake and changes what follows has altered, not terminated",
          "[e2e][witness]") {
    if (!have("openssl")) return;
    Site site;
    const bool up = GENERATE(true, false);
    CAPTURE(up);
    const Stub gateway([&](Peer client) {
        Peer to = Peer::to(site.witness().address());
        splice(client, to, up ? inverts(2'000) : Change(), up ? Change() : inverts(4'000));
    });
    // Beyond the handshake, be the hello one with a key share of a kilobyte, and not to its end.
    const std::string long_path = "/bytes/9000?" + std::string(3'000, 'a');
    const auto ours = site.verify(gateway.endpoint(), {"--request", long_path});
    INFO(ours.report.dump(1));
    CHECK(ours.status == 1);
    CHECK(ours.verdict() == "altered");
    const std::string script =
        std::regex_replace(s_client(), std::regex("bytes/3000"), long_path.substr(1));
    const auto other = site.verify_by(gateway.endpoint(), script);
    INFO(other.report.dump(1));
    CHECK(other.status == 1);
    CHECK(other.verdict() == "altered");
    const proof::Matching all = site.match_by(gateway.endpoint(), script);
    REQUIRE(all.sessions.size() == 1);
    CHECK(all.sessions[0].fate == Fate::altered);
}

TEST_CASE("one that finishes the handshake and hangs up is caught by the witness",
          "[e2e][witness]") {
    Site site;
    const bool sends_on = GENERATE(false, true);
    CAPTURE(sends_on);
    const Stub gateway([&](Peer client) {
        std::optional<Peer> to;
        if (sends_on) {
            to.emplace(Peer::to(site.witness().address()));
            to->send(client.peek_record());
            to->read(100);
        }
        pose(client, 0);
    });
    const auto ours = site.verify(gateway.endpoint());
    INFO(ours.report.dump(1));
    CHECK(ours.status == 1);
    CHECK(ours.verdict() == "terminated");
}

TEST_CASE("a service that hangs up itself, or a way that breaks, is no accusation",
          "[e2e][witness]") {
    const LyingBackend hangs_up("", LyingBackend::After::hang_up);
    const WitnessedService site(hangs_up.listening());
    const Stub breaks([&](Peer client) {
        Peer to = Peer::to(site.witness.address());
        std::size_t passed = 0;
        splice(client, to, [&](Buffer& piece) {
            if ((passed += piece.size()) > 900) throw std::runtime_error("cut");
        });
    });
    const auto at = GENERATE(0, 1) == 0 ? site.witness.address() : breaks.endpoint();
    const auto ran = site.verify(to_string(at), {"--request", "/" + std::string(500, 'a')});
    INFO(ran.report.dump(1));
    CHECK(ran.status == 4);
    CHECK(ran.verdict() == "not_routed");
}

TEST_CASE("two handshakes with one master secret are two sessions to a witness", "[e2e][witness]") {
    certs::CertRequest request = certificate_request({kHost});
    request.key = certs::KeyType::rsa_2048;
    const certs::CertBundle pair = certs::issue(request);
    backend::Options options = backend_options();
    options.chain_pem = pair.chain_pem();
    options.key = pair.key;
    const backend::Backend service(std::move(options));
    WitnessSite site(service.listening());
    const Stub gateway([&](Peer client) {
        Peer to = Peer::to(site.address());
        TripleHandshake(client, to, pair.key).play();
    });
    client::Probe probe;
    probe.offer.only = client::TlsVersion::tls_1_2;
    probe.offer.suites = "AES128-GCM-SHA256";
    probe.prepare = [](SSL_CTX* context) {
        SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    };
    const proof::Check check = site.check(gateway.endpoint(), probe);
    CHECK(check.seen.answer == "418 I'm a teapot");  // both ends were content
    CHECK(check.verdict == proof::Verdict::terminated);
    const auto sent = std::ranges::find(check.lines, "sent", &proof::Line::name);
    REQUIRE(sent != check.lines.end());
    CHECK(sent->verdict == proof::Verdict::terminated);

    WitnessSite beside(gateway.endpoint());
    {
        TlsClient client(beside.address(), {.max_version = TLS1_2_VERSION,
                                            .ciphers = "AES128-GCM-SHA256",
                                            .extended_master_secret = false});
        CHECK(client.get("/bytes/3000").status == 200);
    }
    const proof::WitnessRecord clients = beside.recorded("clients");
    const std::array services{site.recorded("service")};
    const proof::Matching all = match(clients, services);
    REQUIRE(all.sessions.size() == 1);
    CHECK(all.sessions[0].fate == Fate::reencrypted);
}

TEST_CASE("whoever keeps the witness's answer back gets neither a pass nor an accusation",
          "[e2e][witness]") {
    if (!have("openssl")) return;
    const Site site;
    gateways::CheatingOptions options = site.thief();
    options.every = GENERATE(0u, 1u);  // honest, and not
    CAPTURE(options.every);
    const gateways::CheatingGateway gateway(options);
    const Liar drops([](Peer& asker, const std::string&) { asker.close(); });
    const Liar is_silent([](Peer& asker, const std::string&) { asker.end(); });
    const Liar cuts([&](Peer& asker, const std::string& target) {
        const std::string whole = page(site.witness(), target);
        answer(asker, whole.substr(0, whole.size() / 2));
    });
    for (const Liar* way : {&drops, &is_silent, &cuts}) {
        const auto ours =
            site.verify(gateway.listening(), {"--witness", way->address(), "--timeout", "2s"});
        INFO(ours.report.dump(1));
        CHECK(ours.status == 3);
        CHECK(ours.verdict() == "inconclusive");
        const auto other =
            site.verify(gateway.listening(), {"--witness", way->address(), "--timeout", "2s", "--",
                                              "sh", "-c", s_client(), "{connect}"});
        INFO(other.report.dump(1));
        CHECK(other.status == 3);
        CHECK(other.verdict() == "inconclusive");
    }
}

TEST_CASE("what another witness signed, or this one of another question, is no answer",
          "[e2e][witness]") {
    if (!have("openssl")) return;
    const Site site;
    const WitnessSite other(site.service.listening());
    const gateways::CheatingGateway gateway(site.thief());
    const Liar elsewhere(
        [&](Peer& asker, const std::string& target) { answer(asker, page(other, target)); });
    // A probe that passed, and what was said of it.
    std::string old;
    const Liar listens([&](Peer& asker, const std::string& target) {
        old = page(site.witness(), target);
        answer(asker, old);
    });
    CHECK(site.verify(site.witness().address(), {"--witness", listens.address()}).status == 0);
    REQUIRE_FALSE(old.empty());
    const Liar replays([&](Peer& asker, const std::string&) { answer(asker, old); });
    for (const Liar* liar : {&elsewhere, &replays}) {
        for (const Endpoint& through : {gateway.listening(), site.witness().address()}) {
            const auto ours = site.verify(through, {"--witness", liar->address()});
            INFO(ours.report.dump(1));
            CHECK(ours.status == 1);
            CHECK(ours.verdict() == "report_altered");
            const auto others = site.verify(
                through, {"--witness", liar->address(), "--", "sh", "-c", s_client(), "{connect}"});
            CHECK(others.status == 1);
            CHECK(others.verdict() == "report_altered");
            CHECK(others.check()["took_ms"] < 5'000);  // nobody waits for what it will never be
        }
    }
}

}  // namespace e2e_witness_adversaries_test
