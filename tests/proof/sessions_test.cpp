#include "lab/proof/judge/sessions.h"

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"

namespace proof_sessions_test {

using namespace sni;
using namespace sni::proof;
using namespace std::chrono_literals;
using proof::Mark;
using proof::Verdict;

namespace {

const Digest kOurs{std::byte{1}};
const Digest kTheirs{std::byte{2}};

std::string session(const Digest& hello, const char* outcome) {
    return fmt::format(
        R"({{"time":"2026-11-22T07:48:01Z","peer":"127.0.0.1:1234","sni":null,"hello_sha256":"{}","outcome":"{}","reason":null}})",
        to_hex(hello), outcome);
}

std::string page(const std::string& sessions) {
    return fmt::format(
        R"({{"schema":"sni-lab/sessions/1","complete_for_ms":60000,"sessions":[{}]}})", sessions);
}

proof::Line line(const std::string& sessions) {
    const auto parsed = parse_sessions(page(sessions));
    REQUIRE(parsed);
    return session_list_line(look_up(*parsed, {{.sha256 = kOurs}}, 5s), {.status = 418});
}

}  // namespace

TEST_CASE("where no statement came, a backend that never saw our hello makes it TERMINATED",
          "[proof]") {
    CHECK(line("").verdict == Verdict::terminated);
    CHECK(line(session(kTheirs, "established")).verdict == Verdict::terminated);
    CHECK(line(session(kTheirs, "established")).code == "SL2323");
    // Anybody on the path can repeat the hello, and gets no further.
    CHECK(line(session(kOurs, "handshaking")).verdict == Verdict::terminated);
    CHECK(line(session(kOurs, "failed") + "," + session(kTheirs, "established")).verdict ==
          Verdict::terminated);
    const proof::Line seen = line(session(kOurs, "failed") + "," + session(kOurs, "established") +
                                  "," + session(kOurs, "failed"));
    CHECK(seen.mark == Mark::info);
    CHECK(seen.verdict == Verdict::proven);  // decides nothing by itself
}

TEST_CASE("a page of sessions that cannot be read is missing evidence, and says why", "[proof]") {
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("{}"),
          std::string(R"({"schema":"sni-lab/sessions/2","sessions":[]})"),
          std::string(R"({"schema":"sni-lab/sessions/1"})"), page("1"), page("{}"),
          page(R"({"hello_sha256":"00","outcome":"established"})"),
          page(fmt::format(R"({{"hello_sha256":"{}"}})", to_hex(kOurs)))}) {
        CAPTURE(text);
        CHECK_FALSE(parse_sessions(text));
    }
    CHECK(parse_sessions(page(R"({"hello_sha256":null,"outcome":"failed"})"))->sessions.empty());
    const proof::Line unread = session_list_line({.error = "no\x1b page"}, {});
    CHECK(unread.mark == Mark::missing);
    CHECK(unread.verdict == Verdict::inconclusive);
    CHECK(unread.text == "the backend's sessions could not be asked for: no\\x1b page");
}

TEST_CASE("a list that may have let our session go accuses nobody", "[proof]") {
    const std::string others = session(kTheirs, "established");
    for (const std::string& sessions : {std::string(), others, session(kOurs, "failed")}) {
        CAPTURE(sessions);
        // It reaches back to less than the beginning of the probe, or does not say.
        const auto page_of = [&](const char* complete) {
            return fmt::format(R"({{"schema":"sni-lab/sessions/1",{}"sessions":[{}]}})", complete,
                               sessions);
        };
        for (const char* complete :
             {R"("complete_for_ms":4999,)", R"("complete_for_ms":0,)",
              R"("complete_for_ms":-5000,)", R"("complete_for_ms":"long",)", ""}) {
            CAPTURE(complete);
            const auto parsed = parse_sessions(page_of(complete));
            REQUIRE(parsed);
            const proof::Line line =
                session_list_line(look_up(*parsed, {{.sha256 = kOurs}}, 5s), {.status = 418});
            CHECK(line.verdict == Verdict::inconclusive);
            CHECK(line.code == "SL2332");
        }
        for (const char* complete :
             {R"("complete_for_ms":5000,)", R"("complete_for_ms":18446744073709551615,)"}) {
            const auto parsed = parse_sessions(page_of(complete));
            REQUIRE(parsed);
            CHECK(session_list_line(look_up(*parsed, {{.sha256 = kOurs}}, 5s), {.status = 418})
                      .verdict == Verdict::terminated);
        }
    }
    // Since the backend's start, which is not again within a blink, there is more to go by.
    const auto started = [&](int complete) {
        const auto parsed = parse_sessions(fmt::format(
            R"({{"schema":"sni-lab/sessions/1","complete_for_ms":{},"let_go":0,"sessions":[]}})",
            complete));
        return session_list_line(look_up(*parsed, {{.sha256 = kOurs}}, 5s), {.status = 418});
    };
    CHECK(started(4900).verdict == Verdict::terminated);
    CHECK(started(4899).verdict == Verdict::inconclusive);
    // What it does have, it may tell.
    const auto found = parse_sessions(fmt::format(
        R"({{"schema":"sni-lab/sessions/1","sessions":[{}]}})", session(kOurs, "established")));
    CHECK(session_list_line(look_up(*found, {{.sha256 = kOurs}}, 5s), {.status = 418}).mark ==
          Mark::info);
}

TEST_CASE("a hello whose handshake broke off at the backend accuses only where both had finished",
          "[proof]") {
    const SessionLookup failed{.listed = 1, .complete = true, .outcome = "failed"};
    // In TLS 1.3 the client has finished before the backend has its last message.
    CHECK(session_list_line(failed, {.tls = TlsFacts{.version = "TLSv1.3"}}).mark == Mark::info);
    CHECK(session_list_line(failed, {.tls = TlsFacts{.version = "TLSv1.2"}}).verdict ==
          Verdict::terminated);
    CHECK(
        session_list_line(failed, {.tls = TlsFacts{.version = "TLSv1.3"}, .status = 200}).verdict ==
        Verdict::terminated);
}

TEST_CASE(
    "the list is asked where a handshake was finished, our hello is known and no statement came",
    "[proof]") {
    const Evidence broken{.trouble = Trouble{.stage = Stage::request, .how = Break::closed},
                          .tls = TlsFacts{.version = "TLSv1.3"},
                          .hellos = {{.sha256 = kOurs}}};
    CHECK(lacks_statement(broken));
    Evidence unknown = broken;
    unknown.hellos.clear();
    CHECK_FALSE(lacks_statement(unknown));
    Evidence unfinished = broken;
    unfinished.tls.reset();
    CHECK_FALSE(lacks_statement(unfinished));
    Evidence said = broken;
    said.trouble.reset();
    said.proof = Statement{};
    CHECK_FALSE(lacks_statement(said));
    said.proof = BadEnvelope{};
    CHECK(lacks_statement(said));
}

}  // namespace proof_sessions_test
