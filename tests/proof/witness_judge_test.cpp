#include <algorithm>

#include "lab/core/codes.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace proof_witness_judge_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;

namespace {

Check judged_witness(const Evidence& e) {
    return judge(e, {.identity_key_id = "9f3c77aa04d10001", .now = kNow}, "any service");
}

}  // namespace

TEST_CASE("equal bytes at a witness are passthrough to it, and the report says where it ends",
          "[proof][witness]") {
    const Check check = judged_witness(witnessed_evidence());
    CHECK(check.verdict == Verdict::proven);
    CHECK(line(check, "ends here").text.find("from here to the witness shop/pay") == 0);
    CHECK(line(check, "sent").text.find("the witness received: 742 bytes") != std::string::npos);
    CHECK(check.seen.backend == "shop/pay");
    CHECK(check.path() == Path::whole);
    // No exporter is compared, so that none has to be bound.
    for (const Line& l : check.lines) {
        CHECK(l.name != "bound");
        CHECK(l.name != "session");
    }
}

TEST_CASE("a handshake alone can be proven, too", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.request.clear();
    e.status.reset();
    CHECK(judged_witness(e).verdict == Verdict::proven);
}

TEST_CASE("nobody is told to send a canary where a witness was asked", "[proof][witness]") {
    const auto tells = [](const Check& check) {
        return std::ranges::count(check.lines, "canary", &Line::name) > 0;
    };
    CHECK_FALSE(tells(judged_witness(witnessed_evidence())));
    CHECK(tells(judge(honest(), {.now = kNow}, "a backend")));
    // Nor where nobody was reached: it would be lost as well.
    Evidence refused = witnessed_evidence();
    refused.tls.reset();
    refused.witness.reset();
    CHECK_FALSE(tells(judged_witness(refused)));
}

TEST_CASE("a client certificate is among the equal bytes, once somebody asked for it",
          "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.client_certificate_sha256 = Digest{std::byte{0xC1}};
    const Check unasked = judged_witness(e);
    CHECK(unasked.verdict == Verdict::inconclusive);
    CHECK(line(unasked, "client cert").code == code::kCanaryLost);
    e.client_certificate_asked = true;
    const Check shown = judged_witness(e);
    CHECK(shown.verdict == Verdict::proven);
    CHECK(line(shown, "client cert").mark == Mark::info);
    CHECK(line(shown, "client cert").text.starts_with("the client certificate c100000000000000… "));
    // Where the bytes differ nobody knows what came of it.
    e.streams->sent.bytes -= 1;
    const Check differs = judged_witness(e);
    CHECK(differs.verdict == Verdict::terminated);
    CHECK(std::ranges::count(differs.lines, "client cert", &Line::name) == 0);
}

TEST_CASE("a byte that differs on either way is no passthrough", "[proof][witness]") {
    const auto spoil = GENERATE(0, 1, 2, 3, 4);
    CAPTURE(spoil);
    const Check check = with_witness([&](WitnessStatement& said) {
        WitnessedSession& session = said.sessions.front();
        if (spoil == 0) session.up.all.sha256 = {std::byte{99}};
        if (spoil == 1) ++session.up.all.bytes;
        if (spoil == 2) session.down.all.sha256 = {std::byte{99}};
        if (spoil == 3) session.down.all.bytes = kDown.bytes - 1;  // less than the answer
        if (spoil == 4) session.hellos.front().records = 2;
    });
    CHECK(check.verdict == Verdict::terminated);
}

TEST_CASE("both hellos are the same and bytes are not: altered, by somebody without the keys",
          "[proof][witness]") {
    const auto reframed = [](Evidence e, auto change) {
        WitnessStatement said = witness_statement();
        said.sessions.front().hellos.front().records = 2;
        said.sessions.front().up.all = {.bytes = kUp.bytes + 5, .sha256 = {std::byte{99}}};
        change(said.sessions.front());
        e.proof = said;
        return judged_witness(e).verdict;
    };
    Evidence e = witnessed_evidence();
    e.server_hello_sha256 = Digest{std::byte{8}};
    const auto nothing = [](WitnessedSession&) {};
    CHECK(reframed(e, nothing) == Verdict::altered);
    CHECK(reframed(e, [](WitnessedSession& s) { s.server->hello_sha256 = {std::byte{9}}; }) ==
          Verdict::terminated);
    CHECK(reframed(e, [](WitnessedSession& s) { s.server.reset(); }) == Verdict::terminated);
    CHECK(reframed(e, [](WitnessedSession& s) { s.hellos.front().sha256 = {std::byte{9}}; }) ==
          Verdict::terminated);
    e.server_hello_sha256.reset();
    CHECK(reframed(e, nothing) == Verdict::terminated);
    e.server_hello_sha256 = Digest{std::byte{8}};
    Evidence resumed = e;
    resumed.tls->resumed = true;
    CHECK(reframed(resumed, nothing) == Verdict::terminated);
    e.tls->version = "TLSv1.2";
    CHECK(reframed(e, nothing) == Verdict::terminated);
}

TEST_CASE("a hello that the witness never saw was not passed on", "[proof][witness]") {
    const auto none = [](WitnessStatement& said) {
        said.matching = 0;
        said.sessions.clear();
    };
    SECTION("another came for that name") {
        const Check check = with_witness([&](WitnessStatement& said) {
            none(said);
            said.other_hellos = 1;
            said.others = {{said.time, "192.0.2.1:4711", "t13d1517h2_x_y", Digest{std::byte{9}}}};
        });
        CHECK(check.verdict == Verdict::terminated);
        CHECK(line(check, "witness").code == code::kWitnessSawAnother);
        CHECK(line(check, "witness").text.find("t13d1517h2_x_y") != std::string::npos);
    }
    SECTION("nothing came, and the record is complete") {
        const Check check = with_witness(none);
        CHECK(check.verdict == Verdict::terminated);
        CHECK(line(check, "witness").code == code::kWitnessSawNothing);
        CHECK(line(check, "witness").text.find("or routed to somebody else") != std::string::npos);
    }
    SECTION("the record may have let it go") {
        const auto let_go = GENERATE(0u, 5u);
        const auto others = GENERATE(0u, 1u);  // of other clients, perhaps
        const Check check = with_witness([&](WitnessStatement& said) {
            none(said);
            said.other_hellos = others;
            said.others.resize(others);
            said.let_go = let_go;
            said.complete_since = said.time - said.question.within + std::chrono::milliseconds(1);
        });
        CHECK(check.verdict == Verdict::inconclusive);
        CHECK(line(check, "witness").code == code::kWitnessForgot);
    }
}

TEST_CASE("two connections with one hello prove nothing", "[proof][witness]") {
    const Check check = with_witness([](WitnessStatement& said) {
        said.matching = 2;
        said.sessions.push_back(said.sessions.front());
    });
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "witness").code == code::kWitnessSawTwice);
}

TEST_CASE("an answer to another question is not believed", "[proof][witness]") {
    const auto which = GENERATE(0, 1, 2, 3);
    const Check check = with_witness([&](WitnessStatement& said) {
        if (which == 0) said.question.nonce = {std::byte{1}};
        if (which == 1) said.question.hello_sha256 = {std::byte{1}};
        if (which == 2) said.question.sni = "other.example.com";
        if (which == 3) said.question.within = std::chrono::milliseconds(0);
    });
    CHECK(check.verdict == Verdict::report_altered);
}

TEST_CASE("a witness that nobody signs for is no evidence", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.proof = BadSignature{};
    CHECK(judged_witness(e).verdict == Verdict::report_altered);
    e.proof = NoStatement{"127.0.0.1:9000 refused"};
    CHECK(judged_witness(e).verdict == Verdict::inconclusive);
    e.proof.reset();
    CHECK(judged_witness(e).verdict == Verdict::inconclusive);
    e = witnessed_evidence();
    e.identity_served = true;
    CHECK(judged_witness(e).verdict == Verdict::inconclusive);
}

TEST_CASE("equal bytes that a key holder can read are readable", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.tls = TlsFacts{.version = "TLSv1.2", .cipher_suite = "AES128-GCM-SHA256"};
    CHECK(judged_witness(e).verdict == Verdict::readable);
    e = witnessed_evidence();
    e.tls->resumed = true;
    CHECK(judged_witness(e).verdict == Verdict::inconclusive);
}

namespace {

/// TLS 1.2 with forward secrecy, at both ends, with the statement changed by `change`.
template <class Change>
Check of_tls_1_2(Change change) {
    Evidence e = witnessed_evidence();
    e.tls->version = "TLSv1.2";
    e.tls->cipher_suite = "ECDHE-RSA-AES128-GCM-SHA256";
    WitnessStatement said = witness_statement();
    said.sessions.front().server->version = "TLSv1.2";
    change(said.sessions.front());
    e.proof = said;
    return judged_witness(e);
}

}  // namespace

TEST_CASE("a ticket of TLS 1.2 makes its own session readable, whoever asks", "[proof][witness]") {
    CHECK(of_tls_1_2([](auto&) {}).verdict == Verdict::proven);
    const Check given = of_tls_1_2([](auto& session) { session.server->session_ticket = true; });
    CHECK(given.verdict == Verdict::readable);
    CHECK(line(given, "ticket").code == code::kTicketGiven);
    CHECK(line(given, "ticket").hint.find("ssl_session_tickets off") != std::string::npos);
    // Nobody knows.
    CHECK(of_tls_1_2([](auto& session) { session.server->session_ticket.reset(); }).verdict ==
          Verdict::inconclusive);
    CHECK(of_tls_1_2([](auto& session) { session.server.reset(); }).verdict ==
          Verdict::inconclusive);
    // In TLS 1.3 it would open nothing.
    CHECK(with_witness([](WitnessStatement& said) {
              said.sessions.front().server->session_ticket = true;
          }).verdict == Verdict::proven);
}

TEST_CASE("a witness that may have missed our hello accuses nobody", "[proof][witness]") {
    const Check check = with_witness([](WitnessStatement& said) {
        said.matching = 0;
        said.sessions.clear();
        said.unread = 2;
        said.other_hellos = 1;
        said.others = {{said.time, "192.0.2.1:4711", "t13d", Digest{std::byte{9}}}};
    });
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "witness").code == code::kWitnessReadNoHello);
}

TEST_CASE("a PROXY header that a witness was not told of accuses nobody", "[proof][witness]") {
    const auto prefaced = [](auto change) {
        Evidence e = witnessed_evidence();
        e.server_hello_sha256 = Digest{std::byte{8}};
        WitnessStatement said = witness_statement();
        WitnessedSession& session = said.sessions.front();
        session.up_before_tls = 44;
        session.up.all = {.bytes = kUp.bytes + 44, .sha256 = {std::byte{99}}};
        change(session);
        e.proof = said;
        return judged_witness(e);
    };
    const Check check = prefaced([](auto&) {});
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "sent").code == code::kPrecedesTls);
    CHECK(line(check, "sent").hint.find("--accept-proxy") != std::string::npos);
    // Nor may the service speak first, as PostgreSQL's answer to an SSLRequest does.
    const Check answered = prefaced([](auto& session) {
        session.up_before_tls = 0;
        session.up.all = kUp;
        session.down_before_tls = 1;
        session.down.all = {.bytes = kDown.bytes + 1, .sha256 = {std::byte{99}}};
    });
    CHECK(answered.verdict == Verdict::inconclusive);
    CHECK(line(answered, "sent").code == code::kPrecedesTls);
    // Who answers for the service is no header.
    CHECK(prefaced([](auto& session) { session.server->hello_sha256 = {}; }).verdict ==
          Verdict::terminated);
}

TEST_CASE("bytes that are missing behind a handshake accuse nobody", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.server_hello_sha256 = Digest{std::byte{8}};
    e.request.clear();
    e.status.reset();
    WitnessStatement said = witness_statement();
    WitnessedSession& session = said.sessions.front();
    const auto judged = [&] {
        e.proof = said;
        return judged_witness(e);
    };
    SECTION("on the way here") {
        session.down.all = {.bytes = kDown.bytes + 500, .sha256 = {std::byte{99}}};
        e.streams->received.reset();
        CHECK(judged().verdict == Verdict::inconclusive);
        CHECK(line(judged(), "received").code == code::kBytesMissing);
        e.streams->received = StreamDigest{1'024, {std::byte{1}}};  // as the checkpoint has it
        CHECK(judged().verdict == Verdict::inconclusive);
        e.streams->received = StreamDigest{1'024, {std::byte{2}}};
        CHECK(judged().verdict == Verdict::altered);
    }
    SECTION("on the way to the witness") {
        session.up.all = {.bytes = kUp.bytes - 74, .sha256 = {std::byte{99}}};
        CHECK(judged().verdict == Verdict::inconclusive);
        session.up.all.bytes = kUp.bytes + 1;
        CHECK(judged().verdict == Verdict::altered);
        session.up.all.bytes = kUp.bytes - 74;
        e.request = "/";  // which was answered, and so it had come
        e.status = 200;
        CHECK(judged().verdict == Verdict::altered);
    }
}

TEST_CASE("a way by HTTP/3 that the answer offers is named", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.alt_svc = R"(h3=":443"; ma=86400)";
    const Check check = judged_witness(e);
    CHECK(check.verdict == Verdict::proven);
    CHECK(line(check, "alt-svc").mark == Mark::info);
}

TEST_CASE("where h2 was chosen nobody looked at Alt-Svc, and that is said", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.request.clear();
    e.status.reset();
    e.tls->alpn = "";
    CHECK(std::ranges::count(judged_witness(e).lines, "alt-svc", &Line::name) == 0);
    e.tls->alpn = "h2";
    const Check check = judged_witness(e);
    CHECK(check.verdict == Verdict::proven);
    CHECK(line(check, "alt-svc").text.starts_with("not looked whether the answer offers HTTP/3"));
}

TEST_CASE("another witness than the one that is meant is a wrong address", "[proof][witness]") {
    Expectation expected{.identity_key_id = "9f3c77aa04d10001", .backend = "shop/www", .now = kNow};
    const Check check = judge(witnessed_evidence(), expected, "any service");
    CHECK(check.verdict == Verdict::not_routed);
    expected.backend = "shop/pay";
    CHECK(judge(witnessed_evidence(), expected, "any service").verdict == Verdict::proven);
}

namespace {

/// Of a connection that broke off in the request, with what the witness says changed by `change`.
template <class Change>
Verdict broke_off(Break how, Change change) {
    Evidence e = witnessed_evidence();
    e.trouble = Trouble{.stage = Stage::request, .how = how};
    e.status.reset();
    e.server_hello_sha256 = Digest{std::byte{8}};
    WitnessStatement said = witness_statement();
    change(said);
    e.proof = said;
    return judged_witness(e).verdict;
}

}  // namespace

TEST_CASE("who finished a handshake that the witness never saw ended TLS, whatever came after",
          "[proof][witness]") {
    const Break how = GENERATE(Break::closed, Break::reset, Break::timed_out, Break::alert,
                               Break::tls_error, Break::bad_http, Break::too_long);
    CHECK(broke_off(how, [](WitnessStatement& said) {
              said.matching = 0;
              said.sessions.clear();
          }) == Verdict::terminated);
    CHECK(broke_off(how, [](WitnessStatement& said) {  // our hello was repeated
              said.sessions.front().server->hello_sha256 = {std::byte{9}};
          }) == Verdict::terminated);
}

TEST_CASE("a way that breaks is no accusation, and bytes that broke it are", "[proof][witness]") {
    const bool cut = GENERATE(true, false);
    const Break how = cut ? GENERATE(Break::closed, Break::reset, Break::timed_out)
                          : GENERATE(Break::alert, Break::tls_error, Break::bad_http);
    CAPTURE(to_string(how));
    CHECK(broke_off(how, [](WitnessStatement& said) {
              said.matching = 0;
              said.sessions.clear();
              said.complete_since = said.time;
          }) == Verdict::not_routed);
    CHECK(broke_off(how, [](WitnessStatement&) {}) ==
          (how == Break::bad_http ? Verdict::inconclusive : Verdict::not_routed));
    CHECK(broke_off(how, [](WitnessStatement& said) {  // of another question
              said.question.nonce = {std::byte{1}};
              said.matching = 0;
              said.sessions.clear();
          }) == Verdict::not_routed);
    CHECK(broke_off(how, [](WitnessStatement& said) {  // of two that began with our hello
              said.matching = 2;
              said.sessions.push_back(said.sessions.front());
              said.sessions.front().server->hello_sha256 = {std::byte{9}};
          }) == Verdict::not_routed);
    CHECK(broke_off(how, [](WitnessStatement& said) {
              said.sessions.front().up.all = {.bytes = kUp.bytes - 5, .sha256 = {std::byte{99}}};
          }) == (cut ? Verdict::not_routed : Verdict::altered));
}

TEST_CASE("a service that speaks no HTTP was reached all the same, and is told of --tls-only",
          "[proof][witness]") {
    const Break how = GENERATE(Break::bad_http, Break::closed, Break::timed_out);
    CAPTURE(to_string(how));
    Evidence e = witnessed_evidence();
    e.request = "/";
    e.trouble = Trouble{.stage = Stage::request, .how = how};
    e.status.reset();
    e.server_hello_sha256 = Digest{std::byte{8}};
    const Check check = judged_witness(e);
    CHECK(line(check, "sent").mark == Mark::pass);
    CHECK(line(check, "routed").hint.find("--tls-only") != std::string::npos);
    // The witness looked at it.
    CHECK(std::ranges::count(check.lines, "session", &Line::name) == 0);
    CHECK(check.verdict == (how == Break::bad_http ? Verdict::inconclusive : Verdict::not_routed));
    // And nobody takes an answer that never came for one.
    e.trouble.reset();
    CHECK(judged_witness(e).verdict == Verdict::inconclusive);
}

TEST_CASE("a request that was cut off on its way is bytes that are missing", "[proof][witness]") {
    Evidence e = witnessed_evidence();
    e.trouble = Trouble{.stage = Stage::request,
                        .how = GENERATE(Break::closed, Break::reset, Break::timed_out)};
    e.status.reset();
    WitnessStatement said = witness_statement();
    said.sessions.front().up.all = {.bytes = kUp.bytes - 5, .sha256 = {std::byte{99}}};
    for (const bool one_session : {true, false}) {
        e.server_hello_sha256.reset();
        if (one_session) e.server_hello_sha256 = Digest{std::byte{8}};
        e.proof = said;
        const Check check = judged_witness(e);
        CHECK(check.verdict == Verdict::not_routed);
        CHECK(line(check, "sent").code == code::kBytesMissing);
    }
}

}  // namespace proof_witness_judge_test
