// Probes that come to no answer: how far they came, and what may be said of it.
#include "tests/proof/honest.h"
#include "tests/support/catch.h"

namespace proof_breaking_off_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using proof::Mark;
using proof::Verdict;

TEST_CASE("a probe that breaks off is not routed, and says how far it came", "[proof]") {
    struct Row {
        Trouble trouble;
        std::string code;
        std::string text;
    };
    const Row rows[] = {
        {{.stage = Stage::connect, .how = Break::refused},
         "SL2101",
         "nothing listens on 127.0.0.1:8443"},
        {{.stage = Stage::connect, .how = Break::timed_out},
         "SL2102",
         "no connection to 127.0.0.1:8443: timed_out"},
        {{.stage = Stage::handshake, .how = Break::alert, .alert = 112},
         "SL2103",
         "127.0.0.1:8443 answered with alert unrecognized_name (112) during the TLS handshake for "
         "httpbin.example.com"},
        {{.stage = Stage::handshake, .how = Break::reset},
         "SL2104",
         "127.0.0.1:8443 reset the connection during the TLS handshake for httpbin.example.com"},
        {{.stage = Stage::handshake, .how = Break::timed_out},
         "SL2105",
         "127.0.0.1:8443 was silent during the TLS handshake for httpbin.example.com"},
        {{.stage = Stage::handshake, .how = Break::not_tls, .detail = "wrong version number"},
         "SL2106",
         "127.0.0.1:8443 does not answer in TLS (wrong version number)"},
        {{.stage = Stage::request, .how = Break::closed},
         "SL2108",
         "127.0.0.1:8443 closed the connection after the handshake, during GET /status/418"},
        {{.stage = Stage::request, .how = Break::timed_out},
         "SL2105",
         "127.0.0.1:8443 was silent after the handshake, during GET /status/418"},
        {{.stage = Stage::request, .how = Break::timed_out, .begun = "200 OK"},
         "SL2108",
         "127.0.0.1:8443 begins to answer GET /status/418 with 200 OK, and does not come to the "
         "end "
         "in time"},
        {{.stage = Stage::request,
          .how = Break::closed,
          .detail = "without close_notify",
          .begun = "200 OK"},
         "SL2108",
         "127.0.0.1:8443 begins to answer GET /status/418 with 200 OK, and closed the connection "
         "before its end (without close_notify)"},
    };
    for (const Row& row : rows) {
        Evidence e{.gateway = loopback(8443),
                   .sni = "httpbin.example.com",
                   .request = "/status/418",
                   .trouble = row.trouble};
        const proof::Check check = judged(e);
        CHECK(check.verdict == Verdict::not_routed);
        CHECK(line(check, "routed").code == row.code);
        CHECK(line(check, "routed").text == row.text);
        CHECK(line(check, "session").mark == Mark::missing);
    }
}

TEST_CASE("a name is turned away only by an alert, a reset or a close on its ClientHello",
          "[proof]") {
    const auto turned_away = [](Stage stage, Break how, bool shaken) {
        Evidence e{
            .gateway = loopback(8443), .sni = "httpbin.example.com", .request = "/status/418"};
        e.trouble = Trouble{.stage = stage, .how = how};
        if (shaken) e.tls = session();
        return judged(e).refused;
    };
    CHECK(turned_away(Stage::handshake, Break::alert, false));
    CHECK(turned_away(Stage::handshake, Break::reset, false));
    CHECK(turned_away(Stage::handshake, Break::closed, false));
    CHECK_FALSE(turned_away(Stage::handshake, Break::timed_out, false));
    CHECK_FALSE(turned_away(Stage::handshake, Break::not_tls, false));
    CHECK_FALSE(turned_away(Stage::connect, Break::refused, false));
    CHECK_FALSE(turned_away(Stage::request, Break::closed, true));
    CHECK_FALSE(turned_away(Stage::handshake, Break::alert, true));
    CHECK_FALSE(judged(honest()).refused);
}

TEST_CASE("the hint fits the alert that was seen, and no other alert", "[proof]") {
    const std::pair<std::uint8_t, const char*> rows[] = {
        {40, "suite or version"}, {80, "is the backend up"},     {109, "send SNI"},
        {112, "compare it with"}, {116, "a client certificate"}, {48, "read the ClientHello"},
    };
    for (const auto& [alert, word] : rows) {
        for (const auto& [other, other_word] : rows) {
            const Evidence e{
                .gateway = loopback(8443),
                .sni = "httpbin.example.com",
                .request = "/status/418",
                .trouble = Trouble{.stage = Stage::handshake, .how = Break::alert, .alert = other}};
            CAPTURE(alert, other);
            const bool told = line(judged(e), "routed").hint.find(word) != std::string::npos;
            CHECK(told == (alert == other));
        }
    }
}

}  // namespace proof_breaking_off_test
