// What an operator, or a verifier, is told of a running backend.
#include "lab/backend/ops.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/backend/activity.h"
#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"
#include "lab/proof/statement.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/tls_client.h"

namespace backend_ops_test {

using namespace sni;
using namespace std::chrono_literals;
using backend::SeenSession;
using nlohmann::json;
using Outcome = SeenSession::Outcome;

namespace {

/// The sessions, once the newest has this outcome.
std::vector<SeenSession> sessions_when(const backend::Backend& server, Outcome outcome) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    for (;;) {
        auto sessions = server.sessions();
        if (!sessions.empty() && sessions.front().outcome == outcome) return sessions;
        REQUIRE(std::chrono::steady_clock::now() < until);
        std::this_thread::yield();
    }
}

std::string port_of(const test::TcpClient& client) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(client.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    return std::to_string(ntohs(address.sin_port));
}

/// The first record of a client that wants to speak with `name`.
std::string first_flight(const std::string& name) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free);
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    SSL_connect(ssl.get());
    ERR_clear_error();
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("a session is listed with the digest that a statement signs for its hello", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening(), {.sni = "a.example.com"});
    const auto envelope = proof::decode_envelope(
        client.get(std::string(proof::kPath) + "?nonce=" + std::string(64, '7')).body);
    REQUIRE(envelope);
    const auto statement = proof::decode(envelope->document);
    REQUIRE(statement);
    REQUIRE(statement->hellos.size() == 1);

    const auto sessions = server.sessions();
    REQUIRE(sessions.size() == 1);
    const SeenSession& session = sessions.front();
    CHECK(session.hello_sha256 == statement->hellos.front().sha256);
    CHECK(session.sni == "a.example.com");
    CHECK(to_string(session.peer) == statement->peer);
    CHECK(to_string(session.peer) == "127.0.0.1:" + port_of(client.tcp()));
    CHECK(session.outcome == Outcome::established);
    CHECK(session.reason.empty());
    CHECK(session.version == "TLSv1.3");
    CHECK_FALSE(session.proxy_source.has_value());
    CHECK(std::chrono::abs(session.time - statement->time) < 60s);
}

TEST_CASE("a session is listed from its hello on, and what becomes of it", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.handshake = 300ms;
    backend::Backend server(std::move(options));
    const std::string hello = first_flight("b.example.com");
    const Digest digest = certs::sha256(as_bytes(std::string_view(hello).substr(5)));
    SECTION("until it answers, it is shaking hands") {
        const test::TcpClient client(server.listening());
        client.send(hello);
        const auto sessions = sessions_when(server, Outcome::handshaking);
        CHECK(sessions.front().hello_sha256 == digest);
        CHECK(sessions.front().sni == "b.example.com");
        CHECK(sessions.front().reason.empty());
        // And then it has waited long enough.
        const auto later = sessions_when(server, Outcome::failed);
        CHECK(later.size() == 1);
        CHECK(later.front().hello_sha256 == digest);
        CHECK(later.front().reason == "the handshake took too long");
    }
    SECTION("the client goes away") {
        {
            const test::TcpClient client(server.listening());
            client.send(hello);
            sessions_when(server, Outcome::handshaking);
        }
        const auto sessions = sessions_when(server, Outcome::failed);
        CHECK(sessions.front().reason == "the client closed the connection");
        CHECK(sessions.front().hello_sha256 == digest);
    }
    SECTION("half a hello") {
        const test::TcpClient client(server.listening());
        client.send(std::string_view(hello).substr(0, hello.size() / 2));
        const auto sessions = sessions_when(server, Outcome::failed);
        CHECK_FALSE(sessions.front().hello_sha256.has_value());
        CHECK_FALSE(sessions.front().sni.has_value());
        CHECK(sessions.front().reason == "the handshake took too long");
    }
    SECTION("a name that no name can be, of which only so much is kept") {
        const test::Buffer sent = test::hello_for(std::string(10'000, 'a'));
        const test::TcpClient client(server.listening());
        client.send(as_text(sent));
        const auto sessions = sessions_when(server, Outcome::failed);
        CHECK(sessions.front().sni == std::string(256, 'a'));
    }
    SECTION("no TLS") {
        const test::TcpClient client(server.listening());
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto sessions = sessions_when(server, Outcome::failed);
        CHECK(sessions.front().reason == "http request");
        CHECK_FALSE(sessions.front().hello_sha256.has_value());
    }
    SECTION("a version that is too old") {
        CHECK_THROWS(test::TlsClient(server.listening(), {.sni = "b.example.com",
                                                          .min_version = TLS1_1_VERSION,
                                                          .max_version = TLS1_1_VERSION}));
        const auto sessions = sessions_when(server, Outcome::failed);
        CHECK(sessions.front().reason == "unsupported protocol");
        CHECK(sessions.front().sni == "b.example.com");
        CHECK(sessions.front().hello_sha256.has_value());
    }
    CHECK(server.snapshot().failed == 1);
    CHECK(server.snapshot().established == 0);
}

TEST_CASE("who connects and says nothing has begun no session", "[backend]") {
    backend::Backend server(test::backend_options());
    {
        const test::TcpClient probe(server.listening());
    }
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    CHECK(server.sessions().size() == 1);
    CHECK(server.snapshot().accepted == 2);
}

TEST_CASE("requests without TLS are counted, and are no sessions", "[backend]") {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    backend::Backend server(std::move(options));
    const test::TcpClient client(server.listening_plain().value());
    client.send("GET /status/503 HTTP/1.0\r\n\r\n");
    client.read_to_end();
    CHECK(server.sessions().empty());
    const backend::Snapshot snapshot = server.snapshot();
    CHECK(snapshot.answers == std::array<std::uint64_t, 6>{0, 0, 0, 0, 0, 1});
    CHECK(snapshot.answer_bytes > 100);
    CHECK(snapshot.established == 0);
}

TEST_CASE("only the latest sessions are kept", "[backend]") {
    backend::RecentSessions recent;
    const auto named = [](std::size_t i) { return SeenSession{.sni = std::to_string(i)}; };
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < backend::RecentSessions::kKept + 3; ++i) {
        numbers.push_back(recent.add(named(i)));
    }
    SeenSession changed = named(3);
    changed.outcome = Outcome::established;
    recent.set(numbers[3], changed);
    recent.set(numbers[2], changed);  // it was pushed out, by the last one
    const auto seen = recent.newest_first();
    CHECK(seen.let_go == 3);
    const auto& kept = seen.sessions;
    REQUIRE(kept.size() == backend::RecentSessions::kKept);
    CHECK(kept.front() == named(backend::RecentSessions::kKept + 2));
    CHECK(kept[1] == named(backend::RecentSessions::kKept + 1));
    CHECK(kept.back() == changed);
}

TEST_CASE("a list is complete since it began, and then since the last one that was let go came",
          "[backend]") {
    backend::RecentSessions recent;
    const auto began = std::chrono::steady_clock::now();
    const auto since_then = [&] { return std::chrono::steady_clock::now() - began; };
    while (since_then() < 3ms) {
    }
    CHECK(recent.newest_first().complete_for >= 2ms);
    const auto before = since_then();
    for (std::size_t i = 0; i < backend::RecentSessions::kKept; ++i) {
        recent.add({});
    }
    CHECK(recent.newest_first().let_go == 0);
    CHECK(recent.newest_first().complete_for + 1ms >= before);
    recent.add({});
    const auto after = since_then();
    CHECK(recent.newest_first().let_go == 1);
    CHECK(recent.newest_first().complete_for <= since_then() - before);
    CHECK(after > before);
    CHECK(json::parse(backend::sessions_json({})).at("complete_for_ms") == 0);
}

TEST_CASE("the sessions page has the shape that verifiers read", "[backend]") {
    const std::chrono::sys_seconds now{1'800'000'000s};
    Digest digest{};
    digest.fill(std::byte{0xAB});
    const SeenSession first{.time = now, .peer = loopback(1234)};
    const SeenSession second{.time = now + 1s,
                             .peer = loopback(1235),
                             .proxy_source = loopback(77),
                             .sni = "a\x1B",
                             .hello_sha256 = digest,
                             .outcome = Outcome::failed,
                             .reason = "no shared cipher"};
    const std::string text = backend::sessions_json(
        {{"pod-1", {.sessions = {first}, .let_go = 1, .complete_for = 3s}},
         {"pod-2", {.sessions = {second}, .let_go = 2, .complete_for = 2s}}});
    CHECK(text.ends_with("}\n"));
    const json document = json::parse(text);
    CHECK(document.at("schema") == "sni-lab/sessions/1");
    CHECK(document.at("keeps") == 512);
    CHECK(document.at("let_go") == 3);
    CHECK(document.at("complete_for_ms") == 2000);
    CHECK(document.at("sessions").at(0) == json({{"time", "2027-01-15T08:00:01Z"},
                                                 {"peer", "127.0.0.1:1235"},
                                                 {"sni", "a\\x1b"},
                                                 {"hello_sha256", to_hex(digest)},
                                                 {"outcome", "failed"},
                                                 {"reason", "no shared cipher"},
                                                 {"version", nullptr},
                                                 {"proxy_source", "127.0.0.1:77"},
                                                 {"backend", "pod-2"}}));
    CHECK(document.at("sessions").at(1) == json({{"time", "2027-01-15T08:00:00Z"},
                                                 {"peer", "127.0.0.1:1234"},
                                                 {"sni", nullptr},
                                                 {"hello_sha256", nullptr},
                                                 {"outcome", "handshaking"},
                                                 {"reason", nullptr},
                                                 {"version", nullptr},
                                                 {"proxy_source", nullptr},
                                                 {"backend", "pod-1"}}));
}

TEST_CASE("a backend's figures add up, and each carries the backend's name", "[backend]") {
    backend::Backend server(test::backend_options());
    {
        test::TlsClient client(server.listening(), {.max_version = TLS1_2_VERSION});
        CHECK(client.get("/status/204").status == 204);
        CHECK(client.get("/status/418").status == 418);
        CHECK(client.get("/nowhere").status == 404);
        const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> ticket(
            SSL_get1_session(client.ssl()), SSL_SESSION_free);
        test::TlsClient again(server.listening(),
                              {.max_version = TLS1_2_VERSION, .resume = ticket.get()});
        CHECK(again.get("/get").status == 200);
        CHECK(server.snapshot().connections == 2);
    }
    backend::Ops ops;
    const admin::Pages pages = ops.pages();
    CHECK(pages.at("/readyz")().status == 503);
    CHECK(pages.at("/metrics")().status == 503);
    CHECK(pages.at("/sessions")().status == 503);
    ops.ready({&server}, [] { return 7; });
    CHECK(pages.at("/readyz")().status == 200);
    CHECK(pages.at("/healthz")().status == 200);
    ops.reloaded(true);
    // An answer is counted when all of it is sent, so its client may know of it before.
    const auto until = std::chrono::steady_clock::now() + 10s;
    std::string text;
    do {
        text = pages.at("/metrics")().body;
    } while (!text.contains("backend=\"pod-1\",status=\"2xx\"} 2\n") &&
             std::chrono::steady_clock::now() < until);
    const auto has_line = [&](const std::string& line) {
        CAPTURE(line, text);
        CHECK(("\n" + text).find("\n" + line + "\n") != std::string::npos);
    };
    has_line("sni_lab_backend_connections_total{backend=\"pod-1\"} 2");
    has_line("sni_lab_backend_handshakes_total{backend=\"pod-1\",outcome=\"full\"} 1");
    has_line("sni_lab_backend_handshakes_total{backend=\"pod-1\",outcome=\"resumed\"} 1");
    has_line("sni_lab_backend_handshakes_total{backend=\"pod-1\",outcome=\"failed\"} 0");
    has_line("sni_lab_backend_answers_total{backend=\"pod-1\",status=\"2xx\"} 2");
    has_line("sni_lab_backend_answers_total{backend=\"pod-1\",status=\"4xx\"} 2");
    has_line("sni_lab_backend_cut_answers_total{backend=\"pod-1\"} 0");
    has_line("sni_lab_backend_held_bytes{backend=\"pod-1\"} 0");
    has_line("sni_lab_backend_held_bytes_max{backend=\"pod-1\"} 268435456");
    has_line("sni_lab_backend_stalled_hello_bytes{backend=\"pod-1\"} 0");
    has_line("sni_lab_backend_stalled_hello_bytes_max{backend=\"pod-1\"} 16777216");
    has_line("sni_lab_backend_body_bytes_max{backend=\"pod-1\"} 16777216");
    for (const char* limit : {"over_held_total", "too_large_bodies_total",
                              "crowded_out_hellos_total", "made_room_total"}) {
        has_line(std::string("sni_lab_backend_") + limit + "{backend=\"pod-1\"} 0");
    }
    has_line("sni_lab_backend_access_log_lost_lines_total 7");
    has_line("sni_lab_backend_reloads_total{result=\"ok\"} 1");
    has_line("sni_lab_backend_draining 0");

    server.stop();
    ops.draining();
    CHECK(pages.at("/readyz")().status == 503);
    CHECK(pages.at("/healthz")().status == 200);
    CHECK(json::parse(pages.at("/sessions")().body).at("sessions").size() == 2);
}

TEST_CASE("a backend whose threads are all asleep in requests still comes round", "[backend]") {
    backend::Backend server(test::backend_options());
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<test::TlsClient>(server.listening()));
        clients.back()->send("GET /delay/5 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    CHECK(server.responds(5s));
    server.stop(0ms);
    CHECK(server.responds(0ms));
}

}  // namespace backend_ops_test
