#include "lab/report/report.h"

#include <nlohmann/json.hpp>

#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/text.h"
#include "tests/support/catch.h"

namespace report_report_test {

using namespace sni;
using namespace sni::report;

namespace {

Check check_with(Verdict verdict, Verdict expected = Verdict::proven) {
    return {.name = "teapot",
            .gateway = "127.0.0.1:8443",
            .sni = "httpbin.example.com",
            .request = "/status/418",
            .lines = {{.name = "routed", .text = "httpbin.example.com → 127.0.0.1:8443"},
                      {.name = "session",
                       .mark = verdict == Verdict::proven         ? Mark::pass
                               : verdict == Verdict::inconclusive ? Mark::missing
                                                                  : Mark::fail,
                       .text = "what was found",
                       .code = verdict == Verdict::proven ? "" : "SL2307",
                       .hint = verdict == Verdict::proven ? "" : "mend it",
                       .verdict = verdict}},
            .verdict = verdict,
            .expected = expected,
            .took = std::chrono::milliseconds(12)};
}

Report report_of(std::vector<Check> checks) {
    return {.lab = LabKind::running,
            .scenario = "passthrough",
            .time = std::chrono::sys_seconds(std::chrono::seconds(1'795'333'681)),
            .version = "sni-lab test",
            .checks = std::move(checks)};
}

constexpr Verdict kAll[] = {
    Verdict::proven,  Verdict::terminated, Verdict::report_altered, Verdict::unexpected_answer,
    Verdict::altered, Verdict::not_routed, Verdict::certificate,    Verdict::inconclusive,
    Verdict::readable};

}  // namespace

TEST_CASE("only proven is a yes", "[report]") {
    for (const Verdict verdict : kAll) {
        CAPTURE(to_string(verdict));
        CHECK((check_with(verdict).exit() == Exit::yes) == (verdict == Verdict::proven));
    }
}

TEST_CASE("only the gateway's own refusal is the refusal that was expected", "[report]") {
    Check check = check_with(Verdict::not_routed, Verdict::not_routed);
    CHECK(check.exit() == Exit::not_routed);  // nobody there, or silence: no refusal
    check.refused = true;
    CHECK(check.exit() == Exit::yes);
    check.refused = false;
    check.seen.client_tls = proof::TlsFacts{};  // a handshake, and the connection closed behind it
    CHECK(check.counted() == Verdict::unexpected_answer);
}

TEST_CASE("where only refusals were asked for, the short report says why that shows nothing",
          "[report]") {
    Check refused = check_with(Verdict::not_routed, Verdict::not_routed);
    refused.refused = true;
    const Report report = report_of({refused});
    CHECK(report.exit() == Exit::inconclusive);
    CHECK(to_text(report, {}, true) ==
          "teapot: refused, as expected\n"
          "INCONCLUSIVE: no check asked for a proof, so nothing was shown\n");
}

TEST_CASE("a termination that is expected is no yes, nor is passthrough where none may be",
          "[report]") {
    CHECK(check_with(Verdict::terminated, Verdict::terminated).exit() == Exit::no);
    CHECK(check_with(Verdict::terminated, Verdict::not_routed).exit() == Exit::no);
    const Check let_in = check_with(Verdict::proven, Verdict::not_routed);
    CHECK(let_in.counted() == Verdict::unexpected_answer);
    CHECK(let_in.exit() == Exit::no);
    const Report report = report_of({check_with(Verdict::proven), let_in});
    CHECK(report.exit() == Exit::no);
    CHECK(to_text(report, {}, true) == "teapot: PASSTHROUGH PROVEN\nteapot: UNEXPECTED ANSWER\n");
    CHECK(to_junit(report).find("PASSTHROUGH PROVEN") == std::string::npos);
}

TEST_CASE("a report in which nothing was proven has shown nothing", "[report]") {
    CHECK(report_of({}).exit() == Exit::inconclusive);
    Check refused = check_with(Verdict::not_routed, Verdict::not_routed);
    refused.refused = true;
    for (const Report& report : {report_of({}), report_of({refused})}) {
        CHECK(report.verdict() == Verdict::inconclusive);
        CHECK(report.exit() == Exit::inconclusive);
        CHECK(to_text(report, {}).find("means:") == std::string::npos);
        CHECK(to_junit(report).find("errors=\"1\"") != std::string::npos);
    }
    CHECK(report_of({check_with(Verdict::proven), refused}).exit() == Exit::yes);
}

TEST_CASE("a cheat that is not caught makes every proof beside it inconclusive", "[report]") {
    Report report = report_of({check_with(Verdict::proven)});
    report.controls = {{.name = "A2 same key",
                        .expected = Verdict::terminated,
                        .found = Verdict::terminated,
                        .honest = Verdict::proven}};
    CHECK(report.exit() == Exit::yes);
    CHECK(to_text(report, {}).find("1 of 1 caught\n") != std::string::npos);
    CHECK(to_text(report, {}, true).find("self-test: every cheat caught") != std::string::npos);
    CHECK(to_junit(report).find("tests=\"2\" failures=\"0\" errors=\"0\"") != std::string::npos);

    const auto spoilt = GENERATE(0, 1);
    if (spoilt == 0) report.controls.front().found = Verdict::proven;
    if (spoilt == 1) report.controls.front().honest = Verdict::terminated;
    CHECK(report.verdict() == Verdict::inconclusive);
    CHECK(report.exit() == Exit::inconclusive);
    CHECK(to_text(report, {}).find("means:") == std::string::npos);
    CHECK(to_text(report, {}).find("0 of 1 caught: this proof proves nothing here") !=
          std::string::npos);
    CHECK(to_text(report, {}, true).find("self-test: A CHEAT NOT CAUGHT") != std::string::npos);
    CHECK(to_json(report)["controls"][0]["caught"] == false);
    CHECK(to_junit(report).find("errors=\"1\"") != std::string::npos);
}

TEST_CASE("the worst check decides", "[report]") {
    const Report report = report_of({check_with(Verdict::proven), check_with(Verdict::inconclusive),
                                     check_with(Verdict::terminated)});
    CHECK(report.exit() == Exit::no);
    CHECK(report.verdict() == Verdict::terminated);
}

TEST_CASE("text says first which lab was looked at, and last what the exit code is", "[report]") {
    const std::string text = to_text(report_of({check_with(Verdict::terminated)}), {});
    CHECK(text ==
          "Looking at the running lab, scenario passthrough\n"
          "\n"
          "Does TLS for httpbin.example.com pass through 127.0.0.1:8443 untouched?\n"
          "\n"
          "  ok routed     httpbin.example.com -> 127.0.0.1:8443\n"
          "  NO session    what was found [SL2307]\n"
          "                try: mend it\n"
          "\n"
          "TERMINATED BEFORE THE BACKEND  12 ms\n"
          "\n"
          "exit 1\n");
}

TEST_CASE("colour and symbols only ever repeat what the words say", "[report]") {
    const Report report = report_of({check_with(Verdict::proven)});
    const std::string plain = to_text(report, {});
    CHECK(plain.find("PASSTHROUGH PROVEN") != std::string::npos);
    CHECK(plain.find('\x1b') == std::string::npos);
    for (const char c : plain) {
        CHECK(static_cast<unsigned char>(c) < 0x80);
    }
    CHECK(to_text(report, {.color = true}).find("\x1b[32m") != std::string::npos);
    CHECK(to_text(report, {.unicode = true}).find("✓ routed") != std::string::npos);
    CHECK(to_text(report, {}, true) == "teapot: PASSTHROUGH PROVEN\n");
}

TEST_CASE("JSON, JUnit and text carry the same verdict and exit code", "[report]") {
    for (const Verdict verdict : kAll) {
        CAPTURE(to_string(verdict));
        const Report report = report_of({check_with(verdict)});
        const auto json = to_json(report);
        CHECK(json["verdict"] == to_string(verdict));
        CHECK(json["exit"] == static_cast<int>(exit_of(verdict)));
        CHECK(json["lab"] == "running");
        CHECK(json["checks"][0]["verdict"] == to_string(verdict));
        CHECK(to_text(report, {}).find(headline(verdict)) != std::string::npos);
        const std::string junit = to_junit(report);
        CHECK((junit.find("<failure") == std::string::npos) ==
              (verdict == Verdict::proven || verdict == Verdict::inconclusive));
    }
}

TEST_CASE("missing evidence is an error to JUnit, never skipped", "[report]") {
    const std::string junit = to_junit(report_of({check_with(Verdict::inconclusive)}));
    CHECK(junit.find("errors=\"1\" skipped=\"0\"") != std::string::npos);
    CHECK(junit.find("<error type=\"inconclusive\"") != std::string::npos);
}

TEST_CASE("no text from the other side breaks out of XML, JSON or the terminal", "[report]") {
    const std::string hostile =
        "</failure><!--]]>&\"'\x1b[2J\r\n\x00\xff" + std::string(1, '\0') + "\xE2\x80\xAE";
    Check check = check_with(Verdict::terminated);
    check.name = hostile;
    check.sni = hostile;
    check.seen.answer = hostile;
    check.seen.certificate =
        CertFacts{.subject = hostile, .issuer = hostile, .dns_names = {hostile}, .key = hostile};
    const Report report = report_of({check});

    const std::string text = to_text(report, {});
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    const std::string junit = to_junit(report);
    CHECK(junit.find("</failure><") == std::string::npos);
    CHECK(junit.find('\x1b') == std::string::npos);
    CHECK(escape_xml("a<b>&\"\x01") == "a&lt;b&gt;&amp;&quot;\\x01");
    CHECK(nlohmann::json::accept(print(to_json(report))));
}

}  // namespace report_report_test
