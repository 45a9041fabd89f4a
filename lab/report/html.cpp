#include "lab/report/html.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/report/explain.h"
#include "lab/report/junit.h"
#include "lab/report/page.h"

namespace sni::report {

namespace {

constexpr std::string_view kStyle = R"(
td:first-child,th:first-child{width:1.8rem}
td.line{white-space:nowrap}.hex{font:.78rem/1.45 ui-monospace,monospace;word-break:break-all}
svg{width:100%;height:auto;margin:1rem 0;background:var(--card);border:1px solid var(--edge);border-radius:8px}
svg.tall{display:none}@media(max-width:40rem){svg.tall{display:block}svg.wide{display:none}}
svg text{fill:var(--ink);font:14px system-ui,sans-serif}svg .small{fill:var(--dim);font-size:12px}
svg rect{fill:var(--paper);stroke:var(--edge)}
.hops{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1rem}
.hop{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:.8rem}
.hop h3{margin:0 0 .4rem;font-size:1rem}dl{margin:0;font-size:.86rem}dt{color:var(--dim)}dd{margin:0 0 .3rem}
)";

std::string_view sign(Mark mark) {
    switch (mark) {
        case Mark::pass:
            return "✓";
        case Mark::fail:
            return "✗";
        case Mark::missing:
            return "?";
        case Mark::info:
            break;
    }
    return "·";
}

/// The small text of a box, in its middle. A name is cut to what fits, and a long one is squeezed
/// into the box whatever its letters are; the table below has it whole.
std::string label(int x, int y, std::string_view text) {
    constexpr std::size_t kFits = 24;
    constexpr std::size_t kShort = 20;
    std::string shown = printable(text);
    if (shown.size() > kFits) {
        std::size_t end = kFits - 1;
        const auto inside_letter = [&] { return (shown[end] & 0xC0) == 0x80; };
        while (end > 0 && inside_letter())
            --end;
        shown = shown.substr(0, end) + "…";
    }
    return fmt::format("<text class=\"small\" x=\"{}\" y=\"{}\" text-anchor=\"middle\"{}>{}</text>",
                       x, y,
                       shown.size() > kShort ? " textLength=170 lengthAdjust=spacingAndGlyphs" : "",
                       escape_xml(shown));
}

/// Client, gateway or backend.
struct Station {
    std::string_view title;
    std::string below;
};

/// A TLS session, or what the evidence says of it, between two of the stations.
struct Tube {
    std::size_t from;
    std::size_t to;
    std::string_view color;
    std::string_view words;
};

struct Picture {
    std::array<Station, 3> stations;
    std::vector<Tube> tubes;
};

std::string box(int x, int y, const Station& station) {
    return fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"190\" height=\"60\" rx=\"8\"/>"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>{}",
        x, y, x + 95, y + 26, station.title, label(x + 95, y + 46, station.below));
}

std::string line(int x1, int y1, int x2, int y2, std::string_view color) {
    return fmt::format(
        "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"var({})\" stroke-width=\"8\" "
        "stroke-linecap=\"round\"/>",
        x1, y1, x2, y2, color);
}

std::string caption(int x, int y, std::string_view words) {
    return fmt::format("<text class=\"small\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                       x, y, words);
}

std::string svg(std::string_view name, int width, int height, std::string_view words,
                std::string_view inside) {
    return fmt::format(
        "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>\n", name,
        width, height, words, inside);
}

/// Left to right, for wide windows.
std::string wide(const Picture& picture, std::string_view words) {
    constexpr std::array kBoxes = {10, 305, 600};
    constexpr std::array kStarts = {30, 415, 0};
    constexpr std::array kEnds = {0, 385, 770};
    std::string inside;
    for (std::size_t i = 0; i < kBoxes.size(); ++i) {
        inside += box(kBoxes[i], 20, picture.stations[i]);
    }
    for (const Tube& tube : picture.tubes) {
        const int from = kStarts[tube.from];
        const int to = kEnds[tube.to];
        inside += line(from, 110, to, 110, tube.color);
        inside += caption((from + to) / 2, 138, tube.words);
    }
    return svg("wide", 800, 155, words, inside);
}

/// Top to bottom, for phones, where the wide one could not be read.
std::string tall(const Picture& picture, std::string_view words) {
    constexpr std::array kBoxes = {15, 125, 235};
    constexpr std::array kStarts = {30, 168, 0};
    constexpr std::array kEnds = {0, 142, 280};
    constexpr std::array kGaps = {105, 215};
    std::string inside;
    for (std::size_t i = 0; i < kBoxes.size(); ++i) {
        inside += box(20, kBoxes[i], picture.stations[i]);
    }
    for (const Tube& tube : picture.tubes) {
        inside += line(250, kStarts[tube.from], 250, kEnds[tube.to], tube.color);
        inside += caption(115, kGaps[tube.from], tube.words);
    }
    return svg("tall", 275, 310, words, inside);
}

/// One tube from end to end, or one that stops at the gateway: the whole question in a picture.
std::string picture(const Check& check) {
    Picture picture{
        {Station{"client", check.sni.value_or("no SNI")}, Station{"gateway", check.gateway},
         Station{"backend", check.seen.backend.empty() ? "?" : check.seen.backend}},
        {}};
    std::string_view words = "the evidence does not say where TLS ends";
    const auto one_tube = [&](std::size_t end, std::string_view color, std::string_view said) {
        words = said;
        picture.tubes = {{0, end, color, words}};
    };
    const auto two_tubes = [&](std::string_view behind) {
        words = "TLS ends at the gateway";
        picture.tubes = {{0, 1, "--bad", "one session, ended here"}, {1, 2, "--bad", behind}};
    };
    switch (check.path()) {
        case proof::Path::whole:
            one_tube(2, "--good", "one TLS session from end to end");
            break;
        case proof::Path::readable:
            one_tube(2, "--bad", "one TLS session from end to end, readable in transit");
            break;
        case proof::Path::altered:
            one_tube(2, "--bad", "one TLS session, its records altered on the way");
            break;
        case proof::Path::split:
            two_tubes("another session");
            break;
        case proof::Path::plain:
            two_tubes("plain text");
            break;
        case proof::Path::ended:
            one_tube(1, "--bad", "TLS ends before the backend");
            break;
        case proof::Path::unknown:
            one_tube(1, "--open", words);
            break;
    }
    return wide(picture, words) + tall(picture, words);
}

std::string fact(std::string_view name, const std::string& value) {
    return fmt::format("<dt>{}</dt><dd>{}</dd>", name,
                       value.empty() ? "<span class=\"dim\">none</span>" : safe(value));
}

/// `value` and then a digest, in letters that are equally wide: two of them are compared by eye.
std::string fact(std::string_view name, const std::string& value,
                 const std::optional<Digest>& digest) {
    if (!digest) return fact(name, value);
    return fmt::format("<dt>{}</dt><dd>{}{}<div class=\"hex\">{}</div></dd>", name, safe(value),
                       value.empty() ? "" : ", SHA-256", to_hex(*digest));
}

std::string digest(std::string_view name, const std::optional<Digest>& value) {
    return fact(name, "", value);
}

std::string stream(std::string_view name, const std::optional<proof::StreamDigest>& value) {
    if (!value) return fact(name, "");
    return fact(name, fmt::format("{} bytes", value->bytes), value->sha256);
}

std::string tls_facts(const std::optional<proof::TlsFacts>& tls) {
    if (!tls) return fact("TLS", "");
    return fact("TLS", fmt::format("{}, {}, {}", tls->version, tls->cipher_suite,
                                   tls->group.empty() ? "no group" : tls->group)) +
           fact("SNI", tls->sni.value_or("")) + fact("ALPN", tls->alpn);
}

std::string hello_facts(const std::vector<proof::HelloFacts>& hellos) {
    std::string text;
    for (const proof::HelloFacts& hello : hellos) {
        text += fact("ClientHello", fmt::format("{} bytes, {}", hello.bytes, hello.shape),
                     hello.sha256);
    }
    return text;
}

std::string hops(const Check& check) {
    const Seen& seen = check.seen;
    const auto& streams = seen.backend_streams;
    const auto arrived = streams ? std::optional(streams->received) : std::nullopt;
    const auto left = streams ? std::optional(streams->sent) : std::nullopt;
    const std::string client = tls_facts(seen.client_tls) + hello_facts(seen.client_hellos) +
                               digest("exporter, SHA-256", seen.client_exporter_sha256) +
                               stream("sent", seen.client_sent) +
                               stream("received", seen.client_received);
    const std::string gateway =
        fact("address", check.where()) +
        fact("certificate seen through it",
             seen.certificate ? seen.certificate->subject : std::string()) +
        digest("its SHA-256",
               seen.certificate ? std::optional(seen.certificate->sha256) : std::nullopt);
    const std::string backend = fact("name", seen.backend) + tls_facts(seen.backend_tls) +
                                hello_facts(seen.backend_hellos) +
                                digest("exporter, SHA-256", seen.backend_exporter_sha256) +
                                stream("received", arrived) + stream("sent", left);
    const auto hop = [](std::string_view title, const std::string& facts) {
        return fmt::format("<div class=\"hop\"><h3>{}</h3><dl>{}</dl></div>\n", title, facts);
    };
    return "<div class=\"hops\">\n" + hop("Seen by the client", client) +
           hop("At the gateway", gateway) + hop("Signed by the backend", backend) + "</div>\n";
}

std::string lines(const Check& check) {
    std::string rows;
    for (const Line& line : check.lines) {
        std::string text = safe(line.text);
        if (line.mark != Mark::pass && !line.hint.empty()) {
            text += "<br><span class=\"dim\">try: " + safe(line.hint) + "</span>";
        }
        for (const CodeText& e : explain(line.code)) {
            text += fmt::format("<details><summary>{}</summary>{} {} {}</details>", safe(e.id),
                                safe(e.means), safe(e.happens), safe(e.mend));
        }
        rows += fmt::format(
            "<tr><td class=\"{0}\" title=\"{0}\">{1}</td><td "
            "class=\"line\">{2}</td><td>{3}</td></tr>\n",
            to_string(line.mark), sign(line.mark), safe(line.name), text);
    }
    return "<table><thead><tr><th></th><th>line</th><th>what was found</th></tr></thead><tbody>\n" +
           rows + "</tbody></table>\n";
}

std::string refusal(const Check& check) {
    const auto routed = std::ranges::find(check.lines, "routed", &Line::name);
    return routed == check.lines.end() ? "" : fmt::format("<p>{}</p>\n", safe(routed->text));
}

std::string_view tone(Exit exit) {
    return exit == Exit::yes ? "pass" : exit == Exit::inconclusive ? "missing" : "fail";
}

std::string section(const Check& check) {
    const std::string verdict(check.refused_as_expected() ? "refused, as expected"
                                                          : headline(check.counted()));
    std::string text = fmt::format("<h2>{}</h2>\n<p class=\"{}\"><strong>{}</strong></p>\n",
                                   safe(check.name), tone(check.exit()), verdict);
    // What refused it is all there is to say; lines that fail would look like a fault.
    if (check.refused_as_expected()) return text + refusal(check);
    return text + picture(check) + hops(check) + lines(check);
}

std::string controls(const Report& report) {
    if (report.controls.empty()) return "";
    std::string rows;
    for (const Control& control : report.controls) {
        const Mark mark = control.caught() ? Mark::pass : Mark::fail;
        rows += fmt::format("<tr><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                            to_string(mark), sign(mark), safe(control.name),
                            to_string(control.found), to_string(control.honest));
    }
    return "<h2>Gateways that cheat</h2>\n<p>Each was started beside this report and asked the "
           "same way. A verifier that has never said no has shown nothing.</p>\n"
           "<table><thead><tr><th></th><th>cheat</th><th>found</th><th>the same gateway, honest"
           "</th></tr></thead><tbody>\n" +
           rows + "</tbody></table>\n";
}

}  // namespace

std::string to_html(const Report& report) {
    const std::string_view title = headline(report.verdict());
    std::string text = fmt::format(
        "<p class=\"dim\">sni-lab verify · {1} · {2} · looked at: {3} {4}</p>\n"
        "<h1 class=\"{5}\">{0}</h1>\n",
        title, sni::to_string(report.time), safe(report.version), to_string(report.lab),
        safe(report.scenario), tone(report.exit()));
    if (report.exit() == Exit::yes) {
        text +=
            "<p>On these connections, at that time, only the two ends held the keys. Not shown: "
            "other clients, other times, or what the ends do with what they read.</p>\n";
    }
    for (const Check& check : report.checks) {
        text += section(check);
    }
    return page(title, kStyle, text + controls(report));
}

}  // namespace sni::report
