#include "lab/proof/sessions.h"

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"

using namespace sni;
using namespace sni::proof;
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
    return fmt::format(R"({{"schema":"sni-lab/sessions/1","sessions":[{}]}})", sessions);
}

proof::Line line(const std::string& sessions) {
    const auto parsed = parse_sessions(page(sessions));
    REQUIRE(parsed);
    return session_list_line(look_up(*parsed, {{.sha256 = kOurs}}));
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
    CHECK(parse_sessions(page(R"({"hello_sha256":null,"outcome":"failed"})"))->empty());
    const proof::Line unread = session_list_line({.error = "no\x1b page"});
    CHECK(unread.mark == Mark::missing);
    CHECK(unread.verdict == Verdict::inconclusive);
    CHECK(unread.text == "the backend's sessions could not be asked for: no\\x1b page");
}
