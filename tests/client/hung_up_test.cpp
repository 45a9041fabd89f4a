// Who finishes a handshake and says no more: by the backend's own list it is known who that was.
#include "certs/clock.h"
#include "lab/admin/server.h"
#include "lab/backend/backend.h"
#include "lab/backend/ops.h"
#include "lab/client/backend_sessions.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/judge/sessions.h"
#include "tests/proof/honest.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lying_backend.h"

namespace client_hung_up_test {

using namespace sni;
using proof::Verdict;
using test::line;
using test::LyingBackend;
using namespace std::chrono_literals;

namespace {

/// A backend with an operators' page, and what a probe of somebody with its key comes to.
struct Site : test::KnownBackend {
    backend::Ops ops;
    admin::Server admin{loopback(0), ops.pages()};

    Site() { ops.ready({&backend}); }

    proof::Check judged(const Endpoint& gateway, const std::string& request = "/status/418",
                        bool asks = true) const {
        proof::Evidence e = client::observe(
            {.gateway = gateway, .sni = "httpbin.example.com", .request = request, .timeout = 2s},
            identity.public_key());
        if (asks && proof::lacks_statement(e)) {
            e.sessions = client::ask_for_session(admin.local(), e, 5s);
        }
        return proof::judge(e, {.now = wall_clock()}, "probe");
    }
};

}  // namespace

TEST_CASE(
    "a terminator that hangs up on the first request is TERMINATED, once the backend is asked",
    "[client]") {
    const Site site;
    const LyingBackend hangs_up("", LyingBackend::After::hang_up);
    const proof::Check asked = site.judged(hangs_up.listening());
    CHECK(asked.verdict == Verdict::terminated);
    CHECK(line(asked, "asked").code == "SL2323");
    CHECK(line(asked, "routed").verdict == Verdict::terminated);
    CHECK_FALSE(asked.refused);

    const proof::Check unasked = site.judged(hangs_up.listening(), "/status/418", false);
    CHECK(unasked.verdict == Verdict::not_routed);
    CHECK_THAT(line(unasked, "routed").hint, test::Contains("--backend-admin"));
}

TEST_CASE(
    "a backend that hangs up itself has the session in its list, and ended nothing in between",
    "[client]") {
    const Site site;
    const proof::Check check = site.judged(site.backend.listening(), "/fault/close");
    CHECK(check.verdict == Verdict::not_routed);
    CHECK(line(check, "asked").mark == proof::Mark::info);
}

TEST_CASE("an answer that is longer than a probe reads is inconclusive, however it is framed",
          "[client]") {
    const Site site;
    const std::string much(1'048'577, 'x');
    const std::string answer =
        GENERATE_COPY("Content-Length: 1048577\r\n\r\n" + much,
                      "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + much, "\r\n" + much,
                      "X: " + much.substr(0, 70'000) + "\r\n\r\n");
    const LyingBackend endless("HTTP/1.1 200 OK\r\n" + answer, LyingBackend::After::stay);
    const std::string path = std::string(proof::kPath) + "?nonce=1";
    const proof::Check check = site.judged(endless.listening(), path, false);
    CAPTURE(answer.substr(0, 30), line(check, "routed").text);
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "routed").code == "SL2333");
    // It is not the backend that answers so.
    CHECK(site.judged(endless.listening(), path).verdict == Verdict::terminated);
}

TEST_CASE("a backend whose own answer is too long has the session in its list", "[client]") {
    const Site site;
    const proof::Check check =
        site.judged(site.backend.listening(), "/drip?numbytes=1048577&duration=0&delay=0");
    CHECK(check.verdict == Verdict::inconclusive);
    CHECK(line(check, "asked").mark == proof::Mark::info);
}

}  // namespace client_hung_up_test
