// What a client's own key log and the backend's signed word amount to.
#include "lab/proof/judge/own_client.h"

#include <functional>

#include "lab/proof/key_logs.h"
#include "tests/proof/witnessed.h"

namespace proof_own_client_test {

using namespace sni;
using namespace sni::test;

namespace {

/// What an honest path yields: curl's one session is the backend's.
ClientRun honest_run() {
    return {
        .client = "curl",
        .gateway = loopback(8443),
        .sni = "httpbin.example.com",
        .request = "/.well-known/sni-lab/proof?nonce=07",
        .nonce = {std::byte{7}},
        .way = ClientWay{.connections = {witnessed()}},
        .answers = {{statement(), {{.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{1}}}}}}};
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
          "that session's hello went by the gateway, and no other for that name");
    CHECK(line(check, "client").text ==
          "curl: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, ALPN http/1.1, JA4 "
          "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6; no other client was tested");
    CHECK(check.seen.client_ja4 == witnessed().ja4);
    CHECK(check.path() == proof::Path::whole);

    ClientRun several = honest_run();
    several.answers[0].sessions.insert(several.answers[0].sessions.begin(),
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

TEST_CASE("without a statement the hint is what the client must do", "[proof]") {
    ClientRun run = honest_run();
    const auto hint = [](const ClientRun& of) { return line(judged(of), "signed").hint; };
    for (const ProofAnswer& answer :
         {ProofAnswer(NoStatement{"the client printed none"}), ProofAnswer(BadEnvelope{})}) {
        run.answers[0].answer = answer;
        run.ended.clear();
        CHECK(hint(run).starts_with("it must ask for {url} and print what comes on stdout"));
        run.ended = "ended with status 35";
        CHECK(hint(run).starts_with("run the command by itself to see why it ended so; it must"));
        run.way.reset();
        CHECK(hint(run).starts_with("the client was not run"));
        run.way = honest_run().way;
    }
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
    const auto said = [](ClientRun& run) -> Statement& {
        return std::get<Statement>(run.answers[0].answer);
    };
    const Row rows[] = {
        {"another exporter",
         [](ClientRun& r) { r.answers[0].sessions[0].exporter_sha256 = Digest{}; },
         Verdict::terminated, "session", "SL2307"},
        {"TLS 1.2 at the client, 1.3 at the backend",
         [](ClientRun& r) { r.answers[0].sessions[0] = {}; }, Verdict::terminated, "session",
         "SL2307"},
        {"TLS 1.2 at both, and no server's random",
         [&](ClientRun& r) {
             r.answers[0].sessions[0] = {};
             said(r).tls->version = "TLSv1.2";
             said(r).tls->extended_master_secret = true;
             said(r).tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
         },
         Verdict::inconclusive, "session", "SL2334"},
        {"no key log", [](ClientRun& r) { r.answers[0].sessions.clear(); }, Verdict::inconclusive,
         "session", "SL2334"},
        {"a key log that cannot be read",
         [](ClientRun& r) {
             r.answers[0].sessions.clear();
             r.key_log_error = "line 1 of the client's is broken";
         },
         Verdict::inconclusive, "session", "SL2334"},
        {"one session without EXPORTER_SECRET beside another",
         [](ClientRun& r) {
             r.answers[0].sessions = {{.tls_1_3 = true},
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
             r.answers[0].sessions[0].exporter_sha256 = Digest{};
             r.way->connections.clear();
         },
         Verdict::terminated, "way", "SL2335"},
        {"no statement, and nothing that went by the gateway",
         [](ClientRun& r) {
             r.answers[0].answer = NoStatement{"the client printed none"};
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
        {"another's signature", [](ClientRun& r) { r.answers[0].answer = BadSignature{}; },
         Verdict::report_altered, "signed", "SL2303"},
        {"no statement",
         [](ClientRun& r) { r.answers[0].answer = NoStatement{"the client printed none"}; },
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

TEST_CASE("a client that ends at another backend, which says so, was routed there", "[proof]") {
    const auto with = [](const std::function<void(ClientRun&, Statement&)>& spoil) {
        ClientRun run = honest_run();
        OtherIdentity other{.pem = "", .key_id = "0102030405060708", .statement = statement()};
        other.statement.backend = "two";
        spoil(run, other.statement);
        run.answers[0].answer = other;
        return judged(run);
    };
    const proof::Check elsewhere = with([](ClientRun&, Statement&) {});
    CHECK(elsewhere.verdict == Verdict::not_routed);
    CHECK(line(elsewhere, "signed").code == "SL2338");
    CHECK_THAT(line(elsewhere, "signed").text, Contains("signs as 0102030405060708"));
    // What is not true of the client's session is a forger's.
    const std::function<void(ClientRun&, Statement&)> forged[] = {
        [](ClientRun& run, Statement&) { run.answers[0].sessions[0].exporter_sha256 = Digest{}; },
        [](ClientRun& run, Statement&) { run.answers[0].sessions.clear(); },
        [](ClientRun& run, Statement&) { run.way->connections[0].hellos[0].sha256 = {}; },
        [](ClientRun& run, Statement&) { run.nonce = {}; },
        [](ClientRun&, Statement& said) { said.tls->resumed = true; },
        [](ClientRun&, Statement& said) { said.tls->version = "TLSv1.2"; },
        [](ClientRun&, Statement& said) { said.key_log = true; },
        [](ClientRun&, Statement& said) { said.backend = *expectation().backend; },
    };
    for (const auto& spoil : forged) {
        CHECK(with(spoil).verdict == Verdict::report_altered);
    }
}

TEST_CASE("each connection of a client by the gateway is to be proven", "[proof]") {
    // Two sessions, of which each is stated on its own.
    const ClientSession first = {.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{1}}};
    const ClientSession second = {.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{9}}};
    ClientRun both = honest_run();
    Statement other = statement();
    other.exporter_sha256 = second.exporter_sha256;
    other.hellos[0].sha256 = {std::byte{10}};
    both.answers = {{statement(), {first, second}}, {other, {first, second}}};
    both.way->connections.push_back(witnessed());
    both.way->connections[1].hellos = other.hellos;
    CHECK(judged(both).verdict == Verdict::proven);
    CHECK(line(judged(both), "way").text ==
          "the hellos of those 2 sessions went by the gateway, and no other for that name");

    const auto with = [](ClientRun run, const std::function<void(ClientRun&)>& change) {
        change(run);
        return judged(run);
    };
    const proof::Check one = with(both, [](ClientRun& r) { r.answers.pop_back(); });
    CHECK(one.verdict == Verdict::inconclusive);
    CHECK(line(one, "way").code == "SL2336");
    CHECK(line(one, "way").text ==
          "1 TLS connection for httpbin.example.com went by the gateway beside the 1 that the "
          "client shows, and nobody knows who read it: JA4 t13d3112h2_e8f1e7e78f70_b26ce05bbdd6");
    CHECK(line(one, "session").mark == Mark::pass);
    // A statement that shows it decides.
    const proof::Check read = with(both, [](ClientRun& r) {
        for (ClientAnswer& answer : r.answers)
            answer.sessions[1].exporter_sha256 = Digest{};
    });
    CHECK(read.verdict == Verdict::terminated);
    CHECK(with(both, [](ClientRun& r) { r.answers[1].answer = BadSignature{}; }).verdict ==
          Verdict::report_altered);
    // The same connection may ask twice.
    CHECK(with(both, [&](ClientRun& r) {
              r.answers[1].answer = statement();
              r.way->connections.pop_back();
          }).verdict == Verdict::proven);

    const auto beside = [&](const std::function<void(WitnessedSession&)>& change) {
        return with(both,
                    [&](ClientRun& r) {
                        r.answers.pop_back();
                        change(r.way->connections[1]);
                    })
            .verdict;
    };
    CHECK(beside([](WitnessedSession& s) { s.sni = "other.example.com"; }) == Verdict::proven);
    CHECK(beside([](WitnessedSession& s) { s.server.reset(); }) == Verdict::inconclusive);
    CHECK(beside([](WitnessedSession& s) {  // an alert is no session
              s.server.reset();
              s.down.all.bytes = 7;
          }) == Verdict::proven);
    // One in reserve: ChangeCipherSpec, Finished and close_notify, and not a byte more.
    const auto in_reserve = [&](const char* suite, std::uint64_t behind) {
        return beside([&](WitnessedSession& s) {
            s.server->version = "TLSv1.3";
            s.server->cipher_suite = suite;
            s.up.all.bytes = s.hellos[0].bytes + 5 * s.hellos[0].records + behind;
        });
    };
    CHECK(beside([](WitnessedSession& s) { s.sni.reset(); }) == Verdict::inconclusive);
    CHECK(with(honest_run(), [](ClientRun& r) { r.way->plain = 1; }).verdict ==
          Verdict::inconclusive);
    // ChangeCipherSpec, Finished and close_notify, any of which may be missing.
    for (const std::uint64_t behind : {0, 6, 24, 30, 58, 64, 82}) {
        CAPTURE(behind);
        CHECK(in_reserve("TLS_AES_128_GCM_SHA256", behind) == Verdict::proven);
    }
    for (const std::uint64_t behind : {23, 29, 59, 63, 81, 87}) {  // a record of data among them
        CAPTURE(behind);
        CHECK(in_reserve("TLS_AES_128_GCM_SHA256", behind) == Verdict::inconclusive);
    }
    CHECK(in_reserve("TLS_AES_128_GCM_SHA256", 64) == Verdict::proven);
    CHECK(in_reserve("TLS_AES_128_GCM_SHA256", 88) == Verdict::proven);
    CHECK(in_reserve("TLS_AES_128_GCM_SHA256", 89) == Verdict::inconclusive);
    CHECK(in_reserve("TLS_AES_256_GCM_SHA384", 104) == Verdict::proven);
    CHECK(in_reserve("TLS_AES_256_GCM_SHA384", 105) == Verdict::inconclusive);
    CHECK(beside([](WitnessedSession& s) {  // whose ends of a handshake have other lengths
              s.server->version = "TLSv1.2";
              s.up.all.bytes = s.hellos[0].bytes + 5;
          }) == Verdict::inconclusive);
    CHECK(with(honest_run(), [](ClientRun& r) { r.way->let_go = 1; }).verdict ==
          Verdict::inconclusive);
}

namespace {

/// curl's two sessions, the second of which is for `sni`; both are shown.
ClientRun two_names(const std::optional<std::string>& sni) {
    ClientRun run = honest_run();
    const std::vector<ClientSession> both = {
        {.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{1}}},
        {.tls_1_3 = true, .exporter_sha256 = Digest{std::byte{9}}}};
    Statement other = statement();
    other.exporter_sha256 = both[1].exporter_sha256;
    other.hellos[0].sha256 = {std::byte{10}};
    other.tls->sni = sni;
    run.answers = {{statement(), both}, {other, both}};
    run.way->connections.push_back(witnessed());
    run.way->connections[1].hellos = other.hellos;
    run.way->connections[1].sni = sni;
    return run;
}

}  // namespace

TEST_CASE("a session under another name than the one asked about proves nothing of it", "[proof]") {
    const auto asked = [](ClientRun run, std::optional<std::string> sni) {
        run.sni = std::move(sni);
        return judged(run);
    };
    const proof::Check other = asked(honest_run(), "a.example.com");
    CHECK(other.verdict == Verdict::inconclusive);
    CHECK(other.path() == proof::Path::unknown);
    CHECK(line(other, "way").code == "SL2359");
    CHECK(line(other, "way").text ==
          "curl asked the gateway for httpbin.example.com, and not for a.example.com: SNI decides "
          "where a connection goes, so nothing is known of that name");
    // No name is one of its own, both ways.
    const proof::Check none = asked(honest_run(), std::nullopt);
    CHECK(none.verdict == Verdict::inconclusive);
    CHECK_THAT(line(none, "way").text, Contains("and not for (no SNI)"));
    ClientRun unnamed = honest_run();
    std::get<Statement>(unnamed.answers[0].answer).tls->sni.reset();
    unnamed.way->connections[0].sni.reset();
    CHECK(asked(unnamed, "httpbin.example.com").verdict == Verdict::inconclusive);
    CHECK(asked(unnamed, std::nullopt).verdict == Verdict::proven);
    // The backend's word and the hello that went by must both say so.
    ClientRun signed_otherwise = honest_run();
    std::get<Statement>(signed_otherwise.answers[0].answer).tls->sni = "other.example.com";
    CHECK(judged(signed_otherwise).verdict == Verdict::inconclusive);
    ClientRun sent_otherwise = honest_run();
    sent_otherwise.way->connections[0].sni = "other.example.com";
    CHECK(judged(sent_otherwise).verdict == Verdict::inconclusive);
    CHECK(asked(honest_run(), "HttpBin.Example.Com").verdict == Verdict::proven);
}

TEST_CASE("a session that was read under another name accuses nobody of this one", "[proof]") {
    ClientRun run = honest_run();
    run.answers[0].sessions[0].exporter_sha256 = Digest{};
    CHECK(judged(run).verdict == Verdict::terminated);
    run.sni = "a.example.com";
    CHECK(judged(run).verdict == Verdict::inconclusive);

    ClientRun beside = two_names("other.example.com");
    CHECK(judged(beside).verdict == Verdict::proven);
    CHECK_THAT(line(judged(beside), "way").text,
               Contains("other.example.com is set aside: httpbin.example.com was asked about"));
    for (ClientAnswer& answer : beside.answers)
        answer.sessions[1].exporter_sha256 = Digest{};
    CHECK(judged(beside).verdict == Verdict::proven);
    // Where something is not shown that went by for this name, it may be that one.
    beside.way->connections.push_back(witnessed());
    beside.way->connections[2].hellos[0].sha256 = {std::byte{11}};
    CHECK(judged(beside).verdict == Verdict::terminated);
}

TEST_CASE("a statement is found in whatever a client prints around it", "[proof]") {
    const std::string envelope = encode(Envelope{"{}", {std::byte{1}, std::byte{2}}});
    const std::string bare = envelope.substr(0, envelope.size() - 1);
    const std::vector<std::string> one = {envelope};
    CHECK(find_envelopes(envelope) == one);
    CHECK(find_envelopes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + envelope) == one);
    CHECK(find_envelopes("<html><pre>" + bare + "</pre></html>") == one);
    CHECK(find_envelopes("").empty());
    CHECK(find_envelopes("<html>404</html>").empty());
    CHECK(find_envelopes(bare.substr(0, bare.size() - 1)).empty());
    const std::string other = encode(Envelope{"{}", {std::byte{3}}});
    CHECK(find_envelopes(bare + other + bare) == std::vector<std::string>{envelope, other});
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
