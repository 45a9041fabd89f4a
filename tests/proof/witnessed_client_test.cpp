#include "lab/proof/judge/witnessed_client.h"

#include <algorithm>

#include "lab/core/codes.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace proof_witnessed_client_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;

namespace {

/// psql's one connection, as both witnesses saw it.
WitnessedRun honest_run() {
    const WitnessStatement said = witness_statement();
    return {.client = "psql",
            .gateway = loopback(5432),
            .sni = said.question.sni,
            .connections = {{said.sessions.front(), said.question, said}}};
}

Check judged(const WitnessedRun& run, std::optional<std::string> backend = {}) {
    return judge_witnessed(
        run, {.identity_key_id = "9f3c77aa04d10001", .backend = std::move(backend), .now = kNow},
        "db by psql");
}

/// The verdict with both halves changed by `change`.
template <class Change>
Verdict with(Change change) {
    WitnessedRun run = honest_run();
    WitnessStatement said = witness_statement();
    change(run.connections.front().here, said);
    run.connections.front().answer = said;
    return judged(run).verdict;
}

}  // namespace

TEST_CASE("a client's connection that arrived byte for byte is proven", "[proof][witness]") {
    const Check check = judged(honest_run());
    CHECK(check.verdict == Verdict::proven);
    CHECK(check.path() == Path::whole);
    CHECK(line(check, "client").text.starts_with("psql: 1 TLS connection"));
    CHECK(line(check, "ends here").text.find("shop/pay") != std::string::npos);
}

TEST_CASE("a client's report says where nobody saw the certificate that is served",
          "[proof][witness]") {
    WitnessedRun run = honest_run();
    const auto lines = [&] {
        return std::ranges::count(judged(run).lines, "identity", &Line::name);
    };
    CHECK(lines() == 0);
    run.served_unseen = "closed";
    CHECK(lines() == 1);
    CHECK(line(judged(run), "identity").text.ends_with("(closed)"));
    CHECK(judged(run).verdict == Verdict::proven);
}

TEST_CASE("how a witnessed client ended is told, and decides nothing", "[proof][witness]") {
    WitnessedRun run = honest_run();
    run.ended = "ended with status 3";
    CHECK(judged(run).verdict == Verdict::proven);
    CHECK(line(judged(run), "ended").text ==
          "the client ended with status 3; that is no part of the verdict");
    // One that came to nothing has to be mended before anybody looks for its way.
    run.connections.clear();
    CHECK(judged(run).verdict == Verdict::inconclusive);
    CHECK(line(judged(run), "witness").code == "SL2335");
    CHECK(line(judged(run), "witness").text ==
          "psql made no TLS connection by the way to the gateway: it ended with status 3");
    CHECK(line(judged(run), "witness").hint.starts_with("run the command by itself"));
    run.ended.clear();
    CHECK(line(judged(run), "witness").hint.starts_with("it must connect to {connect}"));
}

TEST_CASE("what is wrong with one connection is wrong with the client", "[proof][witness]") {
    using Here = WitnessedSession;
    using Said = WitnessStatement;
    CHECK(with([](Here&, Said& s) { s.sessions.front().up.all.sha256 = {std::byte{9}}; }) ==
          Verdict::altered);
    CHECK(with([](Here&, Said& s) {
              s.sessions.front().up.all.sha256 = {std::byte{9}};
              s.sessions.front().server->hello_sha256 = {std::byte{9}};
          }) == Verdict::terminated);
    CHECK(with([](Here& here, Said& s) {
              here.ended = s.sessions.front().ended = s.time;
              s.sessions.front().up.all = {.bytes = kUp.bytes + 5, .sha256 = {std::byte{9}}};
          }) == Verdict::altered);
    CHECK(with([](Here&, Said& s) { s.question.nonce = {std::byte{1}}; }) ==
          Verdict::report_altered);
    CHECK(with([](Here&, Said& s) { s.matching = 2; }) == Verdict::inconclusive);
    CHECK(with([](Here&, Said& s) {
              s.matching = 0;
              s.sessions.clear();
          }) == Verdict::terminated);
    CHECK(with([](Here& here, Said&) { here.early_data_offered = true; }) == Verdict::readable);
}

TEST_CASE("only a client's connections for the name that is asked about decide",
          "[proof][witness]") {
    WitnessedRun run = honest_run();
    const std::string name = *run.sni;
    for (const std::optional<std::string>& asked :
         {std::optional<std::string>("a.example.com"), std::optional<std::string>()}) {
        run.sni = asked;
        CHECK(judged(run).verdict == Verdict::inconclusive);
        CHECK(judged(run).path() == Path::unknown);
        CHECK(line(judged(run), "way").code == "SL2359");
    }
    run.sni = name;
    // Another one beside it, of which nothing came to the witness.
    WitnessedPair other = run.connections.front();
    other.here.sni = "other.example.com";
    WitnessStatement unseen = witness_statement();
    unseen.matching = 0;
    unseen.sessions.clear();
    other.answer = unseen;
    run.connections.insert(run.connections.begin(), other);
    CHECK(judged(run).verdict == Verdict::proven);
    CHECK(judged(run).seen.client_tls->sni == name);
    CHECK(line(judged(run), "way").text ==
          "what the client did for other.example.com is set aside: " + name + " was asked about");
    run.connections.front().here.sni = name;
    CHECK(judged(run).verdict == Verdict::terminated);
}

TEST_CASE("what a witnessed client's connection came to is drawn as it was seen",
          "[proof][witness]") {
    const auto path = [](auto change) {
        WitnessedRun run = honest_run();
        WitnessStatement said = witness_statement();
        change(run.connections.front().here, said);
        run.connections.front().answer = said;
        return judged(run).path();
    };
    using Here = WitnessedSession;
    using Said = WitnessStatement;
    const auto unseen = [](Here&, Said& s) {
        s.matching = 0;
        s.sessions.clear();
    };
    CHECK(path(unseen) == Path::ended);
    CHECK(path([&](Here& here, Said& s) {
              unseen(here, s);
              s.other_hellos = 1;
              s.others = {{.began = s.time, .peer = "127.0.0.1:1"}};
          }) == Path::split);
    CHECK(path([](Here&, Said& s) {
              s.sessions.front().up.all.sha256 = {std::byte{9}};
              s.sessions.front().server->hello_sha256 = {std::byte{9}};
          }) == Path::split);
    CHECK(path([](Here& here, Said&) { here.early_data_offered = true; }) == Path::readable);
    CHECK(path([](Here&, Said& s) { s.matching = 2; }) == Path::unknown);
}

TEST_CASE("equal bytes without a ServerHello are no session", "[proof][witness]") {
    const auto refused = [](WitnessedSession& here, WitnessStatement& said) {
        here.server.reset();  // an alert came back, the same at both
        said.sessions.front().server.reset();
    };
    CHECK(with(refused) == Verdict::inconclusive);
    // Nor is it an accusation where it reached nobody: a gateway that refuses, or is silent.
    const auto unseen = [](std::uint64_t bytes) {
        return with([&](WitnessedSession& here, WitnessStatement& said) {
            here.server.reset();
            here.down = {{bytes, {std::byte{2}}}, {}};
            said.matching = 0;
            said.sessions.clear();
        });
    };
    CHECK(unseen(0) == Verdict::inconclusive);
    CHECK(unseen(14) == Verdict::inconclusive);  // two alerts
    // But who answers more, and is not the service, has ended it, whatever was read of that.
    CHECK(unseen(2'000) == Verdict::terminated);
}

TEST_CASE("what a witnessed client's connection lacks is told in numbers", "[proof][witness]") {
    const auto judged_line = [](auto change) {
        WitnessedRun run = honest_run();
        WitnessStatement said = witness_statement();
        change(run.connections.front().here, said.sessions.front());
        run.connections.front().answer = said;
        return line(judged(run), "witness");
    };
    const Line cut = judged_line([](WitnessedSession& here, WitnessedSession& there) {
        here.server->version = there.server->version = "TLSv1.2";
        here.server->group.clear();
        there.server->group.clear();
        there.up.all = {kUp.bytes - 31, {std::byte{9}}};
    });
    CHECK(cut.verdict == Verdict::inconclusive);
    CHECK(cut.hint.starts_with("the last 31 bytes up and 0 down did not arrive"));
    const Line unread = judged_line([](WitnessedSession& here, WitnessedSession& there) {
        here.server.reset();
        there.server.reset();
    });
    CHECK_THAT(unread.text, Contains("no ServerHello was read in what came"));
    const Line refused = judged_line([](WitnessedSession& here, WitnessedSession& there) {
        here.server.reset();
        there.server.reset();
        here.down = there.down = {{7, {std::byte{2}}}, {}};
    });
    CHECK_THAT(refused.text, Contains("no ServerHello came, so there was no session"));
}

TEST_CASE("connections that are not remembered are not proven", "[proof][witness]") {
    WitnessedRun run = honest_run();
    run.let_go = 1;
    CHECK(judged(run).verdict == Verdict::inconclusive);
}

TEST_CASE("a client that made no connection by our way shows nothing", "[proof][witness]") {
    WitnessedRun run = honest_run();
    run.connections.clear();
    run.not_tls = 2;
    CHECK(judged(run).verdict == Verdict::inconclusive);
}

TEST_CASE("what another client says without TLS is no passthrough", "[proof][witness]") {
    WitnessedRun run = honest_run();
    run.not_tls = 1;
    CHECK(judged(run).verdict == Verdict::proven);  // it said nothing
    run.plain = 1;
    CHECK(judged(run).verdict == Verdict::inconclusive);
}

TEST_CASE("another client's witness must be the one that is meant, too", "[proof][witness]") {
    CHECK(judged(honest_run(), "shop/pay").verdict == Verdict::proven);
    CHECK(judged(honest_run(), "shop/www").verdict == Verdict::not_routed);
}

TEST_CASE("a witness that does not answer another client is told by its own remedy",
          "[proof][witness]") {
    WitnessedRun run = honest_run();
    run.connections.front().answer = NoStatement{"127.0.0.1:9000 refused"};
    const Check check = judged(run);
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "signed").hint.starts_with("--witness must name"));
    run.identity_served = true;
    run.connections = honest_run().connections;
    CHECK(judged(run).verdict == Verdict::inconclusive);
}

}  // namespace proof_witnessed_client_test
