// Whatever a peer calls itself, no renderer lets it speak as anything but text.
#include <functional>
#include <regex>

#include <nlohmann/json.hpp>

#include "lab/report/github.h"
#include "lab/report/html.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/text.h"
#include "tests/support/catch.h"

namespace report_hostile_test {

using namespace sni;
using namespace sni::report;

namespace {

/// A report in which everything that a peer can choose is `text`.
Report report_of(const std::string& text, Verdict verdict) {
    const proof::TlsFacts tls{
        .version = text, .cipher_suite = text, .group = text, .sni = text, .alpn = text};
    Check check{.name = text,
                .gateway = text,
                .sni = text,
                .request = text,
                .lines = {{.name = "routed", .text = text},
                          {.name = "session",
                           .mark = verdict == Verdict::proven ? Mark::pass : Mark::fail,
                           .text = text,
                           .code = "SL2307",
                           .hint = text,
                           .verdict = verdict}},
                .seen = {.client_tls = tls,
                         .backend_tls = tls,
                         .certificate = CertFacts{.subject = text,
                                                  .issuer = text,
                                                  .common_name = text,
                                                  .dns_names = {text},
                                                  .ip_addresses = {text},
                                                  .key = text},
                         .client_hellos = {{.shape = text}},
                         .backend_hellos = {{.shape = text}},
                         .backend = text,
                         .answer = text},
                .verdict = verdict};
    return {.scenario = text,
            .version = text,
            .checks = {check},
            .controls = {{.name = text, .found = verdict}}};
}

std::string terminal(const Report& report) {
    return to_text(report, {.color = false, .unicode = true});
}

int count(const std::string& text, const std::regex& pattern) {
    return static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), pattern),
                                          std::sregex_iterator()));
}

const std::string kHostile[] = {
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "]]></failure><testcase/>",
    "&lt;already&gt; <!-- -->",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "\r\n::error::forged\r\n::set-output name=a::b",
    "::stop-commands::token",
    "%0A::error::forged",
    "| cell | `code` | [link](javascript:alert(1)) ![i](x)",
    "line\nbreak\ttab",
    std::string("nul\0byte", 8),
    "\xff\xfe bad UTF-8 \xc3",
    "\xE2\x80\xAE reversed \xE2\x80\xA8 separated",
    "\u009b31m C1 control",
    std::string(3000, 'A'),
};

}  // namespace

TEST_CASE("no peer's text breaks out of any renderer", "[report]") {
    for (const std::string& hostile : kHostile) {
        for (const Verdict verdict : {Verdict::proven, Verdict::terminated}) {
            CAPTURE(hostile.substr(0, 60), to_string(verdict));
            const Report report = report_of(hostile, verdict);
            const Report tame = report_of("tame", verdict);
            const std::pair<const char*, std::function<std::string(const Report&)>> renderers[] = {
                {"terminal", terminal},
                {"json", [](const Report& r) { return print(to_json(r)); }},
                {"junit", [](const Report& r) { return to_junit(r); }},
                {"html", to_html},
                {"github", to_github},
                {"markdown", to_markdown},
            };
            for (const auto& [name, render] : renderers) {
                CAPTURE(name);
                const std::string text = render(report);
                // No control byte but the newline, no C1 control, no direction override.
                CHECK(std::ranges::none_of(text, [](char c) {
                    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
                }));
                const bool verbatim = std::string_view(name) == "json";  // it is for programs
                CHECK((verbatim || text.find("\xc2\x9b") == std::string::npos));
                CHECK((verbatim || text.find("\xE2\x80\xAE") == std::string::npos));
                // As many lines as with harmless text: nothing starts a line of its own.
                CHECK(std::ranges::count(text, '\n') == std::ranges::count(render(tame), '\n'));
            }
            CHECK(nlohmann::json::accept(print(to_json(report))));
            const std::regex tag("<[a-zA-Z/!]");
            CHECK(count(to_html(report), tag) == count(to_html(tame), tag));
            CHECK(count(to_junit(report), tag) == count(to_junit(tame), tag));
            CHECK(to_markdown(report).find("](") == std::string::npos);
            CHECK(to_markdown(report).find('`') == std::string::npos);
            const std::string html = to_html(report);
            CHECK(html.find("<script") == std::string::npos);
            CHECK(count(html, std::regex("\"")) == count(to_html(tame), std::regex("\"")));
        }
    }
}

TEST_CASE("GitHub gets one error for each check that failed, and a notice when none did",
          "[report]") {
    Report report = report_of("teapot", Verdict::terminated);
    report.controls.clear();
    CHECK(to_github(report) ==
          "::error title=sni-lab%3A teapot::TERMINATED BEFORE THE BACKEND%0Asession: teapot "
          "[SL2307]%0A  try: teapot\n");
    report = report_of("teapot", Verdict::proven);
    report.controls.clear();
    CHECK(to_github(report) == "::notice title=sni-lab::PASSTHROUGH PROVEN\n");
    report.checks.front().verdict = Verdict::inconclusive;
    CHECK(to_github(report).starts_with("::error"));
    report.checks.clear();
    CHECK(to_github(report).starts_with("::error"));
    report = report_of("teapot", Verdict::proven);
    CHECK(to_github(report).starts_with("::error title=sni-lab self-test%3A teapot::"));
}

TEST_CASE("the page shows the verdict, the path and the evidence, and needs nothing from elsewhere",
          "[report]") {
    const std::string page = to_html(report_of("teapot", Verdict::terminated));
    CHECK(page.find("<h1 class=\"fail\">TERMINATED BEFORE THE BACKEND</h1>") != std::string::npos);
    CHECK(page.find("aria-label=\"TLS ends at the gateway\"") != std::string::npos);
    CHECK(page.find("Client and backend are in two different TLS sessions.") != std::string::npos);
    for (const char* foreign : {"http:", "https:", "<link", "@import", "url(", "<script"}) {
        CAPTURE(foreign);
        CHECK(page.find(foreign) == std::string::npos);
    }
}

}  // namespace report_hostile_test
