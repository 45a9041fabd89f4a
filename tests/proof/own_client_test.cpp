// What a client's own key log and the backend's signed word amount to.
#include "lab/proof/own_client.h"

#include <functional>

#include "lab/proof/key_logs.h"
#include "tests/proof/witnessed.h"

namespace proof_own_client_test {

using namespace sni;
using namespace sni::test;

namespace {

/// What an honest path yields: curl's one session is the backend's.
ClientRun honest_run() {
    return {.client = "curl",
            .gateway = loopback(8443),
            .sni = "httpbin.example.com",
            .request = "/.well-known/sni-lab/proof?nonce=07",
            .nonce = {std::byte{7}},
            .way = ClientWay{.connections = {witnessed()}},
            .sessions = {{.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{1}}}},
            .answer = statement()};
}

proof::Check judged(const ClientRun& run) {
    return judge_client(run, expectation(), "curl");
}

}  // namespace

TEST_CASE("a client whose own exporter the backend signed is proven", "[proof]") {
    const proof::Check check = judged(honest_run());
    CHECK(check.verdict == Verdict::proven);
    CHECK(line(check, "session").mark == Mark::pass);
    CHECK(line(check, "way").text ==
          "that session's hello went by the gateway, 1 TLS connection in all");
    CHECK(line(check, "client").text ==
          "curl: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, ALPN http/1.1, JA4 "
          "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6; no other client was tested");
    CHECK(check.seen.client_ja4 == witnessed().ja4);
    CHECK(check.path() == proof::Path::whole);

    ClientRun several = honest_run();
    several.sessions.insert(several.sessions.begin(),
                            {.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{9}}});
    CHECK(judged(several).verdict == Verdict::proven);
}

TEST_CASE("a proof by another client says where nobody saw the certificate that is served",
          "[proof]") {
    ClientRun run = honest_run();
    run.served_unseen = "alert";
    CHECK(line(judged(run), "identity").text.ends_with("(alert)"));
    CHECK(judged(run).verdict == Verdict::proven);
}

TEST_CASE("each thing that is missing or wrong about another client's proof has its verdict",
          "[proof]") {
    struct Row {
        const char* what;
        std::function<void(ClientRun&)> spoil;
        Verdict verdict;
        std::string_view line;
        std::string_view code;
    };
    const auto said = [](ClientRun& run) -> Statement& { return std::get<Statement>(run.answer); };
    const Row rows[] = {
        {"another exporter", [](ClientRun& r) { r.sessions[0].exporter_sha256 = Digest{}; },
         Verdict::terminated, "session", "SL2307"},
        {"TLS 1.2 at the client, 1.3 at the backend", [](ClientRun& r) { r.sessions[0] = {}; },
         Verdict::terminated, "session", "SL2307"},
        {"TLS 1.2 at both, and no server's random",
         [&](ClientRun& r) {
             r.sessions[0] = {};
             said(r).tls->version = "TLSv1.2";
             said(r).tls->extended_master_secret = true;
             said(r).tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
         },
         Verdict::inconclusive, "session", "SL2334"},
        {"no key log", [](ClientRun& r) { r.sessions.clear(); }, Verdict::inconclusive, "session",
         "SL2334"},
        {"a key log that cannot be read",
         [](ClientRun& r) {
             r.sessions.clear();
             r.key_log_error = "line 1 of the client's is broken";
         },
         Verdict::inconclusive, "session", "SL2334"},
        {"one session without EXPORTER_SECRET beside another",
         [](ClientRun& r) {
             r.sessions = {{.tls_1_3 = true},
                           {.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{9}}}};
         },
         Verdict::inconclusive, "session", "SL2334"},
        {"nothing that went by the gateway", [](ClientRun& r) { r.way->connections.clear(); },
         Verdict::inconclusive, "way", "SL2335"},
        {"nobody who saw the way", [](ClientRun& r) { r.way.reset(); }, Verdict::inconclusive,
         "way", "SL2335"},
        {"another hello that went by the gateway",
         [](ClientRun& r) { r.way->connections[0].hellos[0].sha256 = {}; }, Verdict::inconclusive,
         "way", "SL2335"},
        {"no hello at the backend", [&](ClientRun& r) { said(r).hellos.clear(); },
         Verdict::inconclusive, "way", "SL2317"},
        {"another exporter, and nothing that went by the gateway",
         [](ClientRun& r) {
             r.sessions[0].exporter_sha256 = Digest{};
             r.way->connections.clear();
         },
         Verdict::terminated, "way", "SL2335"},
        {"no statement, and nothing that went by the gateway",
         [](ClientRun& r) {
             r.answer = NoStatement{"the client printed none"};
             r.way->connections.clear();
         },
         Verdict::inconclusive, "way", "SL2335"},
        {"another nonce", [](ClientRun& r) { r.nonce = {}; }, Verdict::report_altered, "fresh",
         "SL2305"},
        {"another backend", [&](ClientRun& r) { said(r).backend = "b"; }, Verdict::not_routed,
         "backend", "SL2109"},
        {"no TLS at the backend",
         [&](ClientRun& r) {
             said(r).tls.reset();
             said(r).exporter_sha256.reset();
         },
         Verdict::terminated, "session", "SL2306"},
        {"a resumed session", [&](ClientRun& r) { said(r).tls->resumed = true; },
         Verdict::inconclusive, "handshake", "SL2312"},
        {"no forward secrecy", [&](ClientRun& r) { said(r).tls->group.clear(); }, Verdict::readable,
         "secrecy", "SL2402"},
        {"a key log at the backend", [&](ClientRun& r) { said(r).key_log = true; },
         Verdict::readable, "key log", "SL2403"},
        {"an identity that is the served key", [](ClientRun& r) { r.identity_served = true; },
         Verdict::inconclusive, "signed", "SL2327"},
        {"another's signature", [](ClientRun& r) { r.answer = BadSignature{}; },
         Verdict::report_altered, "signed", "SL2303"},
        {"no statement", [](ClientRun& r) { r.answer = NoStatement{"the client printed none"}; },
         Verdict::inconclusive, "signed", "SL2301"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        ClientRun run = honest_run();
        row.spoil(run);
        const proof::Check check = judged(run);
        CHECK(check.verdict == row.verdict);
        CHECK(line(check, row.line).code == row.code);
        // One that is whole may lead to another backend.
        if (check.verdict != Verdict::not_routed) CHECK(check.path() != proof::Path::whole);
    }
}

TEST_CASE("a statement is found in whatever a client prints around it", "[proof]") {
    const std::string envelope = encode(Envelope{"{}", {std::byte{1}, std::byte{2}}});
    const std::string bare = envelope.substr(0, envelope.size() - 1);
    CHECK(find_envelope(envelope) == envelope);
    CHECK(find_envelope("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + envelope) == envelope);
    CHECK(find_envelope("<html><pre>" + bare + "</pre></html>") == envelope);
    CHECK_FALSE(find_envelope(""));
    CHECK_FALSE(find_envelope("<html>404</html>"));
    CHECK_FALSE(find_envelope(bare.substr(0, bare.size() - 1)));
}

TEST_CASE("a client's key log gives what its exporters come from, session by session", "[proof]") {
    const std::string random(64, 'a');
    const std::string other(64, 'b');
    const std::string secret(64, 'c');
    const auto found =
        exporter_secrets("# made by a test\nCLIENT_RANDOM " + other + " " + std::string(96, 'd') +
                         "\nCLIENT_TRAFFIC_SECRET_0 " + random + " " + secret +
                         "\nEXPORTER_SECRET " + random + " " + secret + "\n");
    REQUIRE(found);
    CHECK(*found ==
          std::vector<ExporterSecret>{{.client_random = other, .hex = std::string(96, 'd')},
                                      {.tls_1_3 = true, .client_random = random, .hex = secret}});
    CHECK(exporter_secrets("")->empty());
    CHECK_FALSE(exporter_secrets("no key log\n"));
}

}  // namespace proof_own_client_test
