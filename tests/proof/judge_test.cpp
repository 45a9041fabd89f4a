#include "lab/proof/judge/judge.h"

#include <algorithm>

#include "tests/proof/honest.h"
#include "tests/support/catch.h"

namespace proof_judge_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using proof::Mark;
using proof::Verdict;

TEST_CASE("an honest path is proven, and every line says why", "[proof]") {
    const proof::Check check = judged(honest());
    CHECK(check.verdict == Verdict::proven);
    CHECK(check.exit() == Exit::yes);
    CHECK(codes(check).empty());
    CHECK(line(check, "routed").text == "httpbin.example.com → 127.0.0.1:8443");
    CHECK(line(check, "answer").text == "GET /status/418 → 418 I'm a teapot");
    CHECK(line(check, "session").text ==
          "one TLS session: exporter digest 0100000000000000… at both ends");
}

TEST_CASE(
    "a re-encrypting gateway with the backend's own certificate is caught by the exporter alone",
    "[proof]") {
    const auto check =
        with_statement([](Statement& s) { s.exporter_sha256 = Digest{std::byte{9}}; });
    CHECK(check.verdict == Verdict::terminated);
    CHECK(codes(check) == std::vector<std::string>{"SL2307"});
    CHECK(line(check, "own").mark == Mark::pass);
    CHECK(check.exit() == Exit::no);
}

TEST_CASE("each single thing that is wrong forbids PROVEN, with its own verdict and code",
          "[proof]") {
    struct Row {
        const char* what;
        Verdict verdict;
        std::string code;
        void (*change)(Evidence&, Expectation&);
    };
    const auto& change = [](Evidence& e, auto edit) {
        Statement s = statement();
        edit(s);
        e.proof = s;
    };
    static const auto edit = change;
    const Row rows[] = {
        {"the signature is somebody else's", Verdict::report_altered, "SL2303",
         [](Evidence& e, Expectation&) { e.proof = BadSignature{}; }},
        {"the identity is a key that was served", Verdict::inconclusive, "SL2327",
         [](Evidence& e, Expectation&) { e.identity_served = true; }},
        {"the statement is a replay", Verdict::report_altered, "SL2305",
         [](Evidence& e, Expectation&) { e.nonce = {std::byte{8}}; }},
        {"no statement came", Verdict::inconclusive, "SL2301",
         [](Evidence& e, Expectation&) { e.proof = NoStatement{"the answer was 404 Not Found"}; }},
        {"the envelope is cut", Verdict::inconclusive, "SL2302",
         [](Evidence& e, Expectation&) { e.proof = BadEnvelope{StatementError::not_json}; }},
        {"the document is of another version", Verdict::inconclusive, "SL2304",
         [](Evidence& e, Expectation&) { e.proof = BadDocument{StatementError::unknown_schema}; }},
        {"another backend answered", Verdict::not_routed, "SL2109",
         [](Evidence&, Expectation& x) { x.backend = "other/httpbin"; }},
        {"this client has no exporter", Verdict::inconclusive, "SL2310",
         [](Evidence& e, Expectation&) { e.exporter_sha256 = std::nullopt; }},
        {"the backend serves another certificate", Verdict::terminated, "SL2308",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.leaf_sha256 = Digest{std::byte{5}}; });
         }},
        {"the engines saw different suites", Verdict::terminated, "SL2309",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.tls->cipher_suite = "TLS_AES_128_GCM_SHA256"; });
         }},
        {"the backend saw another SNI", Verdict::terminated, "SL2309",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.tls->sni = std::nullopt; });
         }},
        {"the bytes that left are not those that arrived", Verdict::altered, "SL2331",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.streams->received.sha256 = {std::byte{9}}; });
         }},
        {"the same digest of another length", Verdict::altered, "SL2331",
         [](Evidence& e, Expectation&) { ++e.streams->sent.bytes; }},
        {"the bytes that came are not those that the backend sent", Verdict::altered, "SL2331",
         [](Evidence& e, Expectation&) { e.streams->received->sha256 = {std::byte{9}}; }},
        {"the backend says it sent more than came", Verdict::altered, "SL2331",
         [](Evidence& e, Expectation&) { e.streams->received = std::nullopt; }},
        {"the backend says it sent less than the answer", Verdict::altered, "SL2331",
         [](Evidence& e, Expectation&) { ++e.streams->answer_end; }},
        {"the backend kept no digests", Verdict::inconclusive, "SL2316",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.streams = std::nullopt; });
         }},
        {"this client kept no digests", Verdict::inconclusive, "SL2316",
         [](Evidence& e, Expectation&) { e.streams = std::nullopt; }},
        {"another hello arrived", Verdict::terminated, "SL2315",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.hellos.front().sha256 = {std::byte{9}}; });
         }},
        {"the same hello in two records arrived", Verdict::altered, "SL2330",
         [](Evidence& e, Expectation&) {
             edit(e, [](Statement& s) { s.hellos.front().records = 2; });
         }},
        {"only one of two hellos arrived", Verdict::terminated, "SL2315",
         [](Evidence& e, Expectation&) { e.hellos.push_back(hello()); }},
        {"the backend kept no hello", Verdict::inconclusive, "SL2317",
         [](Evidence& e, Expectation&) { edit(e, [](Statement& s) { s.hellos.clear(); }); }},
        {"this client kept no hello", Verdict::inconclusive, "SL2317",
         [](Evidence& e, Expectation&) { e.hellos.clear(); }},
        {"the backend writes a key log", Verdict::readable, "SL2403",
         [](Evidence& e, Expectation&) { edit(e, [](Statement& s) { s.key_log = true; }); }},
        {"the session was resumed", Verdict::inconclusive, "SL2312",
         [](Evidence& e, Expectation&) {
             e.tls->resumed = true;
             edit(e, [](Statement& s) { s.tls->resumed = true; });
         }},
        {"TLS 1.2 without extended master secret", Verdict::inconclusive, "SL2311",
         [](Evidence& e, Expectation&) {
             e.tls->version = "TLSv1.2";
             e.tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
             edit(e, [&](Statement& s) { s.tls = e.tls; });
         }},
        {"static RSA", Verdict::readable, "SL2402",
         [](Evidence& e, Expectation&) {
             e.tls->version = "TLSv1.2";
             e.tls->extended_master_secret = true;
             e.tls->cipher_suite = "AES128-SHA";
             e.tls->group = "";
             edit(e, [&](Statement& s) { s.tls = e.tls; });
         }},
        {"another name in the certificate", Verdict::certificate, "SL2201",
         [](Evidence& e, Expectation&) { e.leaf->dns_names = {"other.example.com"}; }},
        {"expired", Verdict::certificate, "SL2202",
         [](Evidence& e, Expectation&) { e.leaf->not_after = kNow - std::chrono::seconds(1); }},
        {"not yet valid", Verdict::certificate, "SL2203",
         [](Evidence& e, Expectation&) { e.leaf->not_before = kNow + std::chrono::seconds(1); }},
        {"a key that is too short", Verdict::certificate, "SL2207",
         [](Evidence& e, Expectation&) { e.leaf->key = "RSA 1024"; }},
        {"a key that is hardly too short", Verdict::certificate, "SL2207",
         [](Evidence& e, Expectation&) { e.leaf->key = "RSA 2047"; }},
        {"the chain leads elsewhere", Verdict::certificate, "SL2204",
         [](Evidence& e, Expectation&) { e.chain_error = "self-signed certificate"; }},
        {"the pin is another", Verdict::certificate, "SL2205",
         [](Evidence&, Expectation& x) { x.pin = Digest{std::byte{0x44}}; }},
        {"not the lab's certificate", Verdict::certificate, "SL2206",
         [](Evidence&, Expectation& x) { x.leaf_sha256 = Digest{std::byte{0x44}}; }},
        {"no ticket that anybody takes", Verdict::inconclusive, "SL2326",
         [](Evidence& e, Expectation&) { e.ticket = TicketSwap{.direct = "127.0.0.1:1"}; }},
        {"a ticket of another instance, in a session that the backend signed",
         Verdict::inconclusive, "SL2325",
         [](Evidence& e, Expectation&) {
             e.ticket = TicketSwap{
                 .direct = "127.0.0.1:1", .taken_directly = true, .offered = 3, .taken = 2};
         }},
        {"another status", Verdict::unexpected_answer, "SL2401",
         [](Evidence& e, Expectation&) { e.status = 502; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Evidence e = honest();
        Expectation x = expectation();
        row.change(e, x);
        const proof::Check check = judge(e, x, "row");
        CHECK(check.verdict == row.verdict);
        CHECK(codes(check) == std::vector<std::string>{row.code});
    }
}

TEST_CASE("a request that reached the backend without TLS is termination", "[proof]") {
    const auto check = with_statement([](Statement& s) {
        s.tls = std::nullopt;
        s.exporter_sha256 = std::nullopt;
        s.leaf_sha256 = std::nullopt;
    });
    CHECK(check.verdict == Verdict::terminated);
    CHECK(codes(check) == std::vector<std::string>{"SL2306"});
}

TEST_CASE("without a statement a refused ticket is termination, and a taken one is not enough",
          "[proof]") {
    Evidence e = honest();
    e.proof = NoStatement{"404"};
    e.ticket = TicketSwap{.direct = "127.0.0.1:1", .taken_directly = true, .offered = 3};
    CHECK(judged(e).verdict == Verdict::terminated);
    e.ticket->taken = 3;
    CHECK(line(judged(e), "ticket").mark == Mark::pass);
    CHECK(judged(e).verdict == Verdict::inconclusive);
}

TEST_CASE("tickets of which some are taken, or none could be offered, accuse nobody", "[proof]") {
    Evidence e = honest();
    e.proof = NoStatement{"404"};
    e.ticket =
        TicketSwap{.direct = "127.0.0.1:1", .taken_directly = true, .offered = 3, .taken = 1};
    CHECK(line(judged(e), "ticket").code == "SL2325");
    CHECK(judged(e).verdict == Verdict::inconclusive);
    e.ticket = TicketSwap{.direct = "127.0.0.1:1", .taken_directly = true, .error = "reset"};
    CHECK(line(judged(e), "ticket").text ==
          "no ticket of 127.0.0.1:1 could be offered through the gateway (reset)");
    CHECK(judged(e).verdict == Verdict::inconclusive);
}

TEST_CASE("without a statement the backend's own list of sessions can tell termination",
          "[proof]") {
    Evidence e = honest();
    for (const ProofAnswer& answer : {ProofAnswer(NoStatement{"dropped"}),
                                      ProofAnswer(BadEnvelope{StatementError::not_json})}) {
        e.proof = answer;
        e.sessions = SessionLookup{.listed = 3, .complete = true};
        CHECK(judged(e).verdict == Verdict::terminated);
        e.sessions->outcome = "established";
        CHECK(judged(e).verdict == Verdict::inconclusive);
        e.sessions.reset();
        const proof::Check unasked = judged(e);
        CHECK(unasked.verdict == Verdict::inconclusive);
        CHECK(line(unasked, "signed").hint.find("--backend-admin") != std::string::npos);
    }
}

TEST_CASE("a backend's clock that is off is told and decides nothing", "[proof]") {
    Evidence e = honest();
    e.asked_at = kNow - std::chrono::seconds(90);
    CHECK(line(judged(e), "clock").text ==
          "the backend's is 90 s ahead of this one's; told, not trusted");
    CHECK(judged(e).verdict == Verdict::proven);
    e.asked_at = kNow + std::chrono::hours(1);
    CHECK(line(judged(e), "clock").text ==
          "the backend's is 3600 s behind this one's; told, not trusted");
    e.asked_at = kNow + std::chrono::seconds(5);
    const proof::Check near = judged(e);
    CHECK(std::ranges::find(near.lines, "clock", &proof::Line::name) == near.lines.end());
}

TEST_CASE("a canary that was lost takes PROVEN away from an honest path", "[proof]") {
    const Canary lost{.evidence = {.proof = NoStatement{"dropped"}}};
    CHECK(judge(honest(), expectation(), "teapot", {lost}).verdict == Verdict::inconclusive);
    CHECK(judge(honest(), expectation(), "teapot").verdict == Verdict::proven);
}

TEST_CASE("tickets that were under way when the backend counted do no harm", "[proof]") {
    Evidence e = honest();
    e.streams->answer_end = kDown.bytes - 150;
    CHECK(judged(e).verdict == Verdict::proven);
}

TEST_CASE("what the streams and the hello were is said in the line", "[proof]") {
    const proof::Check check = judged(honest());
    CHECK(line(check, "sent").text ==
          "every byte that left here is what the backend received: 742 bytes, SHA-256 "
          "0400000000000000…");
    CHECK(line(check, "received").text ==
          "every byte that the backend sent is what arrived here: 2042 bytes, SHA-256 "
          "0500000000000000…");
    CHECK(line(check, "hello").text ==
          "the same ClientHello at both ends: 512 bytes in 1 record, t13d3012h1, SHA-256 "
          "0600000000000000…");
}

TEST_CASE("TLS 1.2 with extended master secret and ECDHE is proven, too", "[proof]") {
    Evidence e = honest();
    e.tls->version = "TLSv1.2";
    e.tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
    e.tls->extended_master_secret = true;
    Statement s = statement();
    s.tls = e.tls;
    e.proof = s;
    CHECK(judged(e).verdict == Verdict::proven);
}

TEST_CASE("a pin of the key serves as well as one of the certificate", "[proof]") {
    Expectation x = expectation();
    x.pin = Digest{std::byte{3}};
    CHECK(judge(honest(), x, "pin").verdict == Verdict::proven);
}

TEST_CASE("evidence that is missing is never a pass", "[proof]") {
    const auto without = [](auto edit) {
        Evidence e = honest();
        edit(e);
        return judged(e).verdict;
    };
    CHECK(without([](Evidence& e) { e.proof.reset(); }) == Verdict::inconclusive);
    CHECK(without([](Evidence& e) { e.status.reset(); }) == Verdict::inconclusive);
    CHECK(without([](Evidence& e) { e.leaf.reset(); }) == Verdict::terminated);
    CHECK(without([](Evidence& e) { e.tls.reset(); }) == Verdict::terminated);
    CHECK(without([](Evidence& e) { e.exporter_sha256.reset(); }) == Verdict::inconclusive);
    CHECK(judged(Evidence{}).verdict == Verdict::inconclusive);
}

TEST_CASE("without an expected status the answer is shown and not judged", "[proof]") {
    Expectation x = expectation();
    x.status = std::nullopt;
    const proof::Check check = judge(honest(), x, "any");
    CHECK(line(check, "answer").mark == Mark::info);
    CHECK(check.verdict == Verdict::proven);
}

TEST_CASE("of several connections the weakest decides, and the line says how many were proven",
          "[proof]") {
    Evidence cut = honest();
    cut.proof = NoStatement{"the answer was 404 Not Found"};
    Evidence two_sessions = honest();
    two_sessions.exporter_sha256 = Digest{std::byte{9}};

    const auto asked_anew = [](Evidence e, std::byte nonce) {
        e.nonce = {nonce};
        if (auto* said = e.proof ? std::get_if<Statement>(&*e.proof) : nullptr)
            said->nonce = e.nonce;
        return judged(e);
    };
    const auto first = asked_anew(honest(), std::byte{11});
    const auto dropped = asked_anew(cut, std::byte{12});
    const auto other = asked_anew(two_sessions, std::byte{13});

    CHECK(weakest({judged(honest())}) == judged(honest()));
    const proof::Check all = weakest({judged(honest()), first});
    CHECK(all.verdict == Verdict::proven);
    CHECK(line(all, "samples").text == "2 of 2 connections proven, each with a nonce of its own");
    for (const proof::Check& some :
         {weakest({first, dropped, other}), weakest({other, dropped, first})}) {
        CHECK(some.verdict == Verdict::terminated);
        CHECK(line(some, "session").code == "SL2307");
        CHECK(
            line(some, "samples").text ==
            "1 of 3 connections proven, 1 terminated, 1 inconclusive; this is the weakest of them");
        CHECK(line(some, "samples").code == "SL2318");
    }
    CHECK(line(weakest({judged(cut), dropped}), "samples").mark == Mark::info);
}

TEST_CASE("of several connections one that was dropped hides none that was terminated", "[proof]") {
    Evidence two_sessions = honest();
    two_sessions.exporter_sha256 = Digest{std::byte{9}};
    two_sessions.nonce = {std::byte{12}};
    std::get<Statement>(*two_sessions.proof).nonce = two_sessions.nonce;
    Evidence closed = honest();
    closed.nonce = {std::byte{13}};
    closed.tls.reset();
    closed.leaf.reset();
    closed.status.reset();
    closed.proof.reset();
    closed.trouble = Trouble{.stage = Stage::handshake, .how = Break::closed};
    const Check dropped = judged(closed);
    REQUIRE(dropped.verdict == Verdict::not_routed);
    for (const Check& some : {weakest({judged(honest()), dropped, judged(two_sessions)}),
                              weakest({judged(honest()), judged(two_sessions), dropped})}) {
        CHECK(some.verdict == Verdict::not_routed);
        CHECK(line(some, "samples").text ==
              "1 of 3 connections proven, 1 not routed, 1 terminated; this is the weakest of them");
        const auto read = std::ranges::find(some.lines, Verdict::terminated, &Line::verdict);
        REQUIRE(read != some.lines.end());
        CHECK(read->text.starts_with("another connection: "));
        CHECK(read->code == line(judged(two_sessions), "session").code);
    }
}

TEST_CASE("one connection that is there several times is not several proofs", "[proof]") {
    const proof::Check check = weakest({judged(honest()), judged(honest()), judged(honest())});
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "samples").text ==
          "3 of 3 connections proven, but 2 of them repeat another one's nonce");
    CHECK(line(check, "samples").code == "SL2305");
}

TEST_CASE("text from the other side is made printable before it is shown", "[proof]") {
    Evidence e = honest();
    e.reason = "\x1b[31mfine\r\n";
    const proof::Check check = judged(e);
    CHECK(line(check, "answer").text == "GET /status/418 → 418 \\x1b[31mfine\\x0d\\x0a");
}

TEST_CASE("a CN without SAN is accepted as curl accepts it, and said so", "[proof]") {
    Evidence e = honest();
    e.leaf->dns_names.clear();
    const proof::Check check = judged(e);
    CHECK(check.verdict == Verdict::proven);
    CHECK(line(check, "name").text ==
          "CN is httpbin.example.com, but there is no SAN: curl accepts that, browsers and Go do "
          "not");
}

}  // namespace proof_judge_test
