// The HTML report in a real browser, at the width of a desktop and of a phone, light and dark:
// nothing runs out of its place, and everything can be read.
#include <regex>

#include <nlohmann/json.hpp>

#include "lab/report/html.h"
#include "lab/report/junit.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"

namespace e2e_html_report_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;
using proof::Mark;
using proof::Verdict;

namespace {

/// Looks at the page in its frame: what is wider than the window or than its own box, what letters
/// have too little contrast with what is behind them, and the smallest letters of a picture.
constexpr const char* kLook = R"(
function look(frame) {
  const view = frame.contentDocument, root = view.documentElement, style = e => frame.contentWindow.getComputedStyle(e);
  const numbers = color => (color.match(/[\d.]+/g) || []).map(Number);
  const light = color => { const [r, g, b] = numbers(color).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                           return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = numbers(style(e).backgroundColor); if (c.length == 3 || c[3] > 0) return style(e).backgroundColor; }
                        return 'rgb(255,255,255)'; };
  const found = {width: root.clientWidth, scroll: root.scrollWidth, wide: [], pale: [], letters: 99, paper: style(view.body).backgroundColor,
                 pictures: [...view.querySelectorAll('svg')].filter(e => e.getBoundingClientRect().width > 0).length};
  for (const e of view.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width == 0) continue;
    const name = e.tagName + ' ' + e.textContent.slice(0, 40);
    if (box.right > root.clientWidth + 1 || box.left < -1) found.wide.push(name);
    if (!(e instanceof frame.contentWindow.SVGElement) && e.scrollWidth > e.clientWidth + 1 && style(e).display != 'inline') found.wide.push('in ' + name);
    if (e.tagName == 'text') {
      found.letters = Math.min(found.letters, box.height);
      const rect = [...e.parentElement.querySelectorAll('rect')].map(r => r.getBoundingClientRect()).find(r => box.top > r.top && box.bottom < r.bottom && box.left < r.right && box.right > r.left);
      if (rect && (box.left < rect.left || box.right > rect.right)) found.wide.push('of its box ' + name);
    }
    const words = [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim());
    if (words && e.tagName != 'text') {
      const a = light(style(e).color), b = light(behind(e));
      if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) found.pale.push(name + ' ' + style(e).color);
    }
  }
  document.getElementById('found').textContent = JSON.stringify(found);
})";

/// What Chromium says about `page` in a window so many pixels wide.
json look_at(const std::string& page, int width, bool dark) {
    const TempFolder folder;
    spill(folder / "frame.html",
          "<!doctype html><meta charset=\"utf-8\"><script>" + std::string(kLook) +
              "</script><body style=\"margin:0\"><pre id=\"found\"></pre><iframe style=\"width:" +
              std::to_string(width) +
              "px;height:4000px;border:0\" onload=\"look(this)\" srcdoc=\"" +
              report::escape_xml(page) + "\"></iframe>");
    const std::string document =
        dump_dom("file://" + (folder / "frame.html").string(),
                 {"--window-size=1400,4000",
                  std::string("--blink-settings=preferredColorScheme=") + (dark ? "0" : "1")});
    std::smatch found;
    INFO(document.substr(0, 2000));
    REQUIRE(std::regex_search(document, found, std::regex("<pre id=\"found\">([^<]+)</pre>")));
    std::string text = found[1];
    for (const auto& [entity, letter] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}) {
        text = std::regex_replace(text, std::regex(entity), letter);
    }
    return json::parse(text);
}

/// A report with everything in it that can be long.
report::Report long_report() {
    const std::string name = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                             std::string(63, 'c') + ".example.com";
    const proof::TlsFacts tls{.version = "TLSv1.3",
                              .cipher_suite = "TLS_CHACHA20_POLY1305_SHA256",
                              .group = "x25519",
                              .sni = name,
                              .alpn = std::string(200, 'p')};
    proof::Check check{.name = name,
                       .gateway = "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535",
                       .sni = name,
                       .request = "/" + std::string(300, 'r'),
                       .verdict = Verdict::terminated};
    for (const Mark mark : {Mark::pass, Mark::fail, Mark::missing, Mark::info}) {
        check.lines.push_back({.name = mark == Mark::fail ? "session" : "handshake",
                               .mark = mark,
                               .text = std::string(300, 'x') + " " + name,
                               .code = mark == Mark::fail ? "SL2307" : "",
                               .hint = std::string(300, 'h'),
                               .verdict = Verdict::terminated});
    }
    check.seen = {.client_tls = tls,
                  .backend_tls = tls,
                  .certificate = CertFacts{.subject = "CN=" + name},
                  .client_exporter_sha256 = Digest{},
                  .client_sent = proof::StreamDigest{.bytes = ~0ull},
                  .client_hellos = {{.bytes = 65535, .records = 9, .shape = std::string(60, 's')}},
                  .backend = std::string(250, 'W')};
    return {.scenario = name,
            .version = std::string(200, 'v'),
            .checks = {check, check},
            .controls = {{.name = std::string(120, 'W'), .found = Verdict::unexpected_answer}}};
}

}  // namespace

TEST_CASE("nothing of an HTML report overflows or is pale, wide and narrow, light and dark",
          "[e2e]") {
    if (!have_chromium()) return;
    const LabFolder lab;
    const Finished verified = lab.run({"verify", "--html", "page.html", "--self-test", "-q"});
    INFO(verified.out << verified.err);
    REQUIRE(verified.status == 0);
    const std::string real = slurp(lab / "page.html");
    const std::string hostile = report::to_html(long_report());
    std::vector<std::string> papers;
    for (const auto& [width, dark] : {std::pair{1280, false}, {390, true}}) {
        for (const std::string& page : {real, hostile}) {
            CAPTURE(width, dark, page.size());
            const json found = look_at(page, width, dark);
            CHECK(found["width"] == width);
            CHECK(found["scroll"] == width);
            CHECK(found["wide"] == json::array());
            CHECK(found["pale"] == json::array());
            CHECK(found["letters"] > 10);
            CHECK(found["pictures"] == (&page == &real ? 1 : found["pictures"].get<int>()));
            papers.push_back(found["paper"]);
        }
    }
    CHECK(papers[0] != papers[2]);
}

TEST_CASE("the eye that looks at the HTML report sees what overflows and what is pale", "[e2e]") {
    if (!have_chromium()) return;
    const json found = look_at(
        "<!doctype html><body><p style=\"width:2000px\">wide</p><p style=\"color:#eee\">pale</p>"
        "<svg width=\"200\" viewBox=\"0 0 2000 300\"><text x=\"10\" y=\"20\">small</text></svg>"
        "<svg width=\"200\" viewBox=\"0 0 200 30\"><rect width=\"20\" height=\"30\"/><text x=\"2\" "
        "y=\"20\">out of its box</text></svg></body>",
        390, false);
    CHECK(found["scroll"] >= 2000);
    CHECK(found["wide"].size() == 2);
    CHECK(found["pale"].size() == 1);
    CHECK(found["letters"] < 10);
}

}  // namespace e2e_html_report_test
