// A whole witness: clients, gateways and services around it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/digest.h"
#include "lab/client/page.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/witness/log.h"
#include "tests/proof/witnessed.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/peer.h"
#include "tests/support/temp_folder.h"
#include "tests/support/witness_site.h"

namespace witness_witness_test {

using namespace sni;
using namespace sni::test;
using client::TlsVersion;
using proof::Verdict;
using proof::WitnessedSession;

namespace {

/// A backend that is asked for no statement.
backend::Backend service() {
    return backend::Backend(backend_options());
}

WitnessedSession only(const WitnessSite& site) {
    const auto sessions = site.record().sessions();
    REQUIRE(sessions.size() == 1);
    return sessions.front();
}

std::string code_of(const proof::Check& check, std::string_view name) {
    const auto line = std::ranges::find(check.lines, name, &proof::Line::name);
    return line == check.lines.end() ? "no such line" : line->code;
}

}  // namespace

TEST_CASE("any service is proven by the witness beside it", "[witness]") {
    const auto backend = service();
    const WitnessSite site(backend.listening());
    client::Probe probe;
    probe.offer.only = GENERATE(TlsVersion::tls_1_2, TlsVersion::tls_1_3);
    SECTION("with a request") {
        probe.request = GENERATE("/get", "/bytes/300000", "/status/418");
    }
    SECTION("by the handshake alone") {
        probe.request = "";
    }
    const proof::Check check = site.check(site.address(), probe);
    for (const proof::Line& line : check.lines) {
        INFO(line.name << ": " << line.text);
        CHECK(line.verdict == Verdict::proven);
    }
    CHECK(check.verdict == Verdict::proven);
}

TEST_CASE("a handshake alone is proven at once, tickets behind it or not", "[witness]") {
    const auto backend = service();
    const WitnessSite site(backend.listening());
    client::Probe probe;
    probe.offer.only = GENERATE(TlsVersion::tls_1_2, TlsVersion::tls_1_3);
    probe.request = "";
    const proof::Check check = site.check(site.address(), probe);
    CHECK(check.verdict == Verdict::proven);
    CHECK(check.took < std::chrono::seconds(5));  // of the twenty that it may take
}

TEST_CASE("a gateway with the service's own key is caught by the witness", "[witness]") {
    const auto backend = service();
    const WitnessSite site(backend.listening());
    const gateways::CheatingGateway gateway({.backend = site.address(),
                                             .chain_pem = lab_certificate().chain_pem(),
                                             .key = lab_certificate().key});
    site.grow_old();
    const proof::Check check = site.check(gateway.listening());
    CHECK(check.verdict == Verdict::terminated);
    CHECK(code_of(check, "witness") == code::kWitnessSawAnother);
}

TEST_CASE("a connection that never came to the witness is told as such", "[witness]") {
    const auto backend = service();
    const WitnessSite site(backend.listening());
    site.grow_old();
    const proof::Check check = site.check(backend.listening());  // past it
    CHECK(check.verdict == Verdict::terminated);
    CHECK(code_of(check, "witness") == code::kWitnessSawNothing);
}

TEST_CASE("a witness whose record does not reach back accuses nobody", "[witness]") {
    const auto backend = service();
    const WitnessSite site(backend.listening(), 1);
    // Others push the record on between the probe's begin and its question.
    const Endpoint past = backend.listening();
    client::Probe probe;
    probe.prepare = [&](ssl_ctx_st*) {
        for (int i = 0; i < 3; ++i) {
            CHECK(site.check(site.address()).verdict == Verdict::proven);
        }
        while (site.record().figures().let_go < 2) {
            std::this_thread::yield();
        }
    };
    const proof::Check check = site.check(past, probe);
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(code_of(check, "witness") == code::kWitnessForgot);
}

TEST_CASE("every byte is digested, however many and however they come", "[witness]") {
    const std::size_t size = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{1'024},
                                      std::size_t{1'025}, std::size_t{5'000'000});
    CAPTURE(size);
    const Buffer up = noise(size, 1);
    const Buffer down = noise(size * 3, 2);
    Stub stub([&](Peer peer) {
        peer.read(up.size());
        peer.send(down);
        peer.finish();
        peer.end();
    });
    WitnessSite site(stub.endpoint());
    Peer client = Peer::to(site.address());
    client.send(up);
    CHECK((client.read_all() == down));
    client.finish();
    site.stop();
    const WitnessedSession session = only(site);
    CHECK(session.up.all == proof::StreamDigest{up.size(), certs::sha256(up)});
    CHECK(session.down.all == proof::StreamDigest{down.size(), certs::sha256(down)});
    std::size_t at = 1'024;
    for (const Digest& checkpoint : session.down.checkpoints) {
        CHECK(checkpoint == certs::sha256(Bytes(down).first(at)));
        at *= 2;
    }
    CHECK(at > down.size());
    CHECK(session.client_end == "finished");
    CHECK(session.service_end == "finished");
    CHECK(session.ended.has_value());
}

TEST_CASE("a service that speaks first is heard at once, and what precedes TLS is counted",
          "[witness]") {
    const Buffer hello = hello_for("db.example.com");
    Stub stub([&](Peer peer) {
        peer.send(bytes_of("220 ready\r\n"));
        peer.read(10);
        peer.send(bytes_of("S"));
        peer.read(hello.size());
        peer.send(bytes_of("not TLS"));
        peer.finish();
        peer.end();
    });
    WitnessSite site(stub.endpoint());
    Peer client = Peer::to(site.address());
    CHECK(client.read(11) == bytes_of("220 ready\r\n"));
    client.send(bytes_of("STARTTLS\r\n"));
    CHECK(client.read(1) == bytes_of("S"));
    client.send(hello);
    client.read_all();
    client.finish();
    site.stop();
    const WitnessedSession session = only(site);
    CHECK(session.up_before_tls == 10);
    CHECK(session.down_before_tls == 12);
    CHECK(session.sni == "db.example.com");
    REQUIRE(session.hellos.size() == 1);
    CHECK(session.hellos.front().sha256 == certs::sha256(hello_with("db.example.com").message()));
    CHECK_FALSE(session.server.has_value());
    CHECK(session.up.all.bytes == 10 + hello.size());
}

TEST_CASE("a PROXY header is not of the client's bytes", "[witness]") {
    const std::string proxied = "PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n";
    Stub stub([](Peer peer) {
        peer.read_all();
        peer.finish();
    });
    router::Options options;
    options.accept_proxy = {Cidr::parse("127.0.0.0/8").value()};
    options.proxy_protocol = proxy::Version::v2;  // and one of ours goes to the service
    WitnessSite site(stub.endpoint(), 100, std::move(options));
    Peer client = Peer::to(site.address());
    const Buffer hello = hello_for("shop.example.com");
    client.send(bytes_of(proxied) + hello);
    client.finish();
    client.read_all();
    site.stop();
    const WitnessedSession session = only(site);
    CHECK(session.proxy_source == "203.0.113.7:50000");
    CHECK(session.up.all == proof::StreamDigest{hello.size(), certs::sha256(hello)});
    CHECK(session.sni == "shop.example.com");
}

TEST_CASE("a client that leaves unanswered is told from one that is turned away", "[witness]") {
    const Buffer hello = hello_for("shop.example.com");
    const auto end_of = [&](const auto& serve, const auto& end) {
        Stub stub(serve);
        WitnessSite site(stub.endpoint());
        Peer client = Peer::to(site.address());
        client.send(hello);
        end(client);
        site.stop();
        return only(site).client_end;
    };
    const auto leave = [](Peer& client) {
        client.finish();
        client.read_all();
    };
    const auto wait_and_leave = [&](Peer& client) {
        client.read_all();
        client.finish();
    };
    const auto wait_for_the_end = [](Peer peer) {
        peer.read_all();
        peer.finish();
    };
    const auto turn_away = [&](Peer peer) {
        peer.read(hello.size());
        peer.finish();
        peer.end();
    };
    const auto answer = [&](Peer peer) {
        peer.read(hello.size());
        peer.send(bytes_of("a"));
        peer.end();
    };
    CHECK(end_of(wait_for_the_end, leave) == "left");
    CHECK(end_of(turn_away, wait_and_leave) == "finished");
    CHECK(end_of(answer, [](Peer& client) {
              client.read(1);
              client.finish();
              client.read_all();
          }) == "finished");
}

TEST_CASE("a service that does not answer is told, and no end is claimed for it", "[witness]") {
    const Endpoint nobody = [] {
        const Stub stub([](Peer) {});
        return stub.endpoint();
    }();
    WitnessSite site(nobody);
    Peer client = Peer::to(site.address());
    client.finish();
    client.read_all();
    site.stop();
    CHECK(only(site).service_end == "backend_down");
}

TEST_CASE("the record is bounded, and says since when it is whole", "[witness]") {
    const auto backend = service();
    WitnessSite site(backend.listening(), 3);
    const proof::Moment started = site.record().figures().complete_since;
    for (int i = 0; i < 5; ++i) {
        CHECK(site.check(site.address()).verdict == Verdict::proven);
    }
    site.stop();
    const witness::Record::Figures figures = site.record().figures();
    CHECK(figures.kept == 3);
    CHECK(figures.open == 0);
    CHECK(figures.let_go == 2);
    CHECK(figures.complete_since >= started);
    for (const WitnessedSession& session : site.record().sessions()) {
        CHECK(session.began >= figures.complete_since - std::chrono::milliseconds(1));
    }
}

TEST_CASE("a witness that must not sign states nothing, and shows its record all the same",
          "[witness]") {
    witness::Record record(10, {});
    const certs::Identity identity = certs::Identity::make();
    bool may_sign = true;
    witness::Ops ops(record, identity, "w", nullptr, [&] { return may_sign; });
    const router::Router relay({}, witness::relay(loopback(1), record));
    ops.ready(relay);
    const auto ask = [&](std::string_view query) { return ops.pages().at("/sessions")(query); };
    const std::string question =
        "hello=" + std::string(64, '0') + "&nonce=" + std::string(64, '0') + "&within=1";
    CHECK(ask(question).status == 200);
    may_sign = false;
    CHECK(ask(question).status == 503);
    CHECK(ask(question).body.starts_with("nothing is signed: "));
    CHECK(ask("").status == 200);
}

TEST_CASE("a log that is begun anew begins with its first line, whatever comes meanwhile",
          "[witness]") {
    const test::TempFolder folder;
    const std::string path = (folder / "log").string();
    witness::Log log(path, "w");
    const auto lines_of = [&](const std::string& file) {
        std::vector<nlohmann::json> lines;
        std::istringstream text(test::slurp(file));
        for (std::string line; std::getline(text, line);) {
            lines.push_back(nlohmann::json::parse(line));
        }
        return lines;
    };
    for (int part = 1; part <= 5; ++part) {
        const std::string older = path + "." + std::to_string(part);
        for (int i = 0; i < 50; ++i) {
            log.write(test::witnessed());
        }
        std::filesystem::rename(path, older);
        log.reopen();
        for (int i = 0; i < 7; ++i) {
            log.write(test::witnessed());
        }
        REQUIRE(log.flush(std::chrono::seconds(20)));
        const auto lines = lines_of(path);
        REQUIRE(lines.size() == 8);
        CHECK(lines.front()["event"] == "began");
        CHECK(lines.front()["part"] == part);
        CHECK(lines_of(older).size() == (part == 1 ? 51u : 58u));
    }
}

TEST_CASE("two logs do not write one file, also when one begins it anew", "[witness]") {
    const test::TempFolder folder;
    const std::string path = (folder / "log").string();
    const std::string other = (folder / "other").string();
    auto log = std::make_unique<witness::Log>(path, "w");
    log->begin();
    REQUIRE(log->flush(std::chrono::seconds(20)));
    const std::string before = test::slurp(path);
    CHECK_THROWS_AS(witness::Log(path, "v"), Failure);
    CHECK(test::slurp(path) == before);
    log->reopen();
    CHECK_THROWS_AS(witness::Log(path, "v"), Failure);

    witness::Log second(other, "v");
    std::filesystem::rename(path, path + ".1");
    std::filesystem::rename(other, path);
    CHECK_THROWS_AS(log->reopen(), Failure);
    log.reset();
    CHECK_NOTHROW(witness::Log(path + ".1", "w"));
}

TEST_CASE("the page is one document without a question, and refuses a wrong one", "[witness]") {
    const auto backend = service();
    const WitnessSite site(backend.listening());
    CHECK(site.check(site.address()).verdict == Verdict::proven);
    const auto page = client::get_page(site.page(), "/sessions", std::chrono::seconds(20));
    REQUIRE(page.has_value());
    const auto document = nlohmann::json::parse(*page);
    CHECK(document["schema"] == "sni-lab/witness-sessions/1");
    CHECK(document["witness"] == "shop/pay");
    CHECK(document["run_ms"] <= document["time_ms"]);
    REQUIRE(document["sessions"].size() == 1);
    CHECK(document["sessions"][0]["server"]["version"] == "TLSv1.3");
    const auto wrong = client::get_page(site.page(), "/sessions?hello=1", std::chrono::seconds(20));
    CHECK(wrong.error().find("answers 400") != std::string::npos);
    const auto metrics = client::get_page(site.page(), "/metrics", std::chrono::seconds(20));
    CHECK(metrics.value().find("sni_lab_witness_sessions_kept_max 100") != std::string::npos);
}

}  // namespace witness_witness_test
