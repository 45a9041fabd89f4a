#include "lab/report/text.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::report {

namespace {

constexpr std::string_view kGreen = "32";
constexpr std::string_view kRed = "31";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kDim = "2";
constexpr std::string_view kBold = "1";

class Painter {
  public:
    explicit Painter(Style style) : style_(style) {}

    std::string paint(std::string_view color, std::string_view text) const {
        return style_.color ? fmt::format("\x1b[{}m{}\x1b[0m", color, text) : std::string(text);
    }

    std::string mark(Mark mark) const {
        switch (mark) {
            case Mark::pass:
                return paint(kGreen, style_.unicode ? "✓" : "ok");
            case Mark::fail:
                return paint(kRed, style_.unicode ? "✗" : "NO");
            case Mark::missing:
                return paint(kYellow, style_.unicode ? "?" : "??");
            case Mark::info:
                break;
        }
        return paint(kDim, style_.unicode ? "·" : "--");
    }

    /// Where the text of a line starts: behind two spaces, the mark, and the name.
    int text_column() const { return style_.unicode ? 15 : 16; }

    std::string arrow() const { return style_.unicode ? "══▶" : "==>"; }

    std::string text(std::string_view text) const { return shown(text, style_); }

    std::string headline(Verdict verdict) const {
        const auto color = verdict == Verdict::proven         ? kGreen
                           : verdict == Verdict::inconclusive ? kYellow
                                                              : kRed;
        return paint(kBold, paint(color, proof::headline(verdict)));
    }

  private:
    Style style_;
};

std::string brief(const std::optional<Digest>& digest) {
    return digest ? to_hex(Bytes(*digest).first(8)) : std::string("none");
}

/// A witness knows of no exporter.
std::string in_brackets(const std::optional<Digest>& digest) {
    return digest ? fmt::format(" ({})", brief(digest)) : "";
}

const Line* line_named(const Check& check, std::string_view name) {
    const auto found = std::ranges::find(check.lines, name, &Line::name);
    return found == check.lines.end() ? nullptr : &*found;
}

/// The path as far as the evidence goes: one session from end to end, or two.
std::string picture(const Check& check, const Painter& p) {
    if (check.path() == proof::Path::unknown || !check.seen.client_tls) return "";
    const std::string backend = check.seen.backend.empty() ? "?" : printable(check.seen.backend);
    std::string text = fmt::format("  client {} {} {} {}\n", p.arrow(), printable(check.where()),
                                   p.arrow(), backend);
    const std::string here = brief(check.seen.client_exporter_sha256);
    const std::string there = brief(check.seen.backend_exporter_sha256);
    const auto whole = [&](std::string_view but) {
        const std::string digests =
            check.seen.client_exporter_sha256
                ? fmt::format("; exporter digest {} here and {} there", here, there)
                : "";
        return fmt::format("  {} from end to end{}{}\n", printable(check.seen.client_tls->version),
                           but, digests);
    };
    switch (check.path()) {
        case proof::Path::whole:
            text += whole("");
            break;
        case proof::Path::readable:
            text += whole(", but readable in transit");
            break;
        case proof::Path::altered:
            text += whole(", but its records were altered on the way");
            break;
        case proof::Path::split:
            text += fmt::format(
                "  one TLS session{} up to the gateway, another{} behind it: it reads "
                "everything\n",
                in_brackets(check.seen.client_exporter_sha256),
                in_brackets(check.seen.backend_exporter_sha256));
            break;
        case proof::Path::plain:
            text +=
                "  TLS up to the gateway, plain text behind it: it reads everything, and so does "
                "the network\n";
            break;
        case proof::Path::ended:
            text += "  TLS ends before the backend: whoever ends it reads everything\n";
            break;
        case proof::Path::unknown:
            break;
    }
    return text + "\n";
}

std::string certificate(const CertFacts& c, const Painter& p) {
    std::string names;
    for (const std::string& name : c.dns_names) {
        names += fmt::format("{}DNS:{}", names.empty() ? "" : ", ", printable(name));
    }
    for (const std::string& address : c.ip_addresses) {
        names += fmt::format("{}IP:{}", names.empty() ? "" : ", ", printable(address));
    }
    const auto row = [&](std::string_view key, const std::string& value) {
        return fmt::format("  {} {}\n", p.paint(kDim, fmt::format("{:<12}", key)), value);
    };
    return row("subject", printable(c.subject)) +
           row("issuer", c.issuer == c.subject ? "itself (self-signed)" : printable(c.issuer)) +
           row("SAN", names.empty() ? "none" : names) +
           row("valid", p.text(fmt::format("{} → {}", sni::to_string(c.not_before),
                                           sni::to_string(c.not_after)))) +
           row("key", printable(c.key)) + row("SHA-256", to_fingerprint(c.sha256)) + "\n";
}

std::string question(const Check& check) {
    if (!check.was_asked()) return fmt::format("Nobody was asked: {}", printable(check.name));
    return fmt::format("Does TLS for {} pass through {} untouched?",
                       check.sni ? printable(*check.sni) : "(no SNI)", printable(check.gateway));
}

std::string check_text(const Check& check, const Painter& p) {
    std::string text = fmt::format("{}\n\n", p.paint(kBold, question(check)));
    text += p.text(picture(check, p));
    if (check.seen.certificate) text += certificate(*check.seen.certificate, p);
    std::set<std::string_view> said;  // one cause, several lines, one remedy
    for (const Line& line : check.lines) {
        text += fmt::format(
            "  {} {:<10} {}{}\n", p.mark(line.mark), line.name, p.text(printable(line.text)),
            line.code.empty() ? "" : p.paint(kDim, fmt::format(" [{}]", line.code)));
        if (line.mark != Mark::pass && !line.hint.empty() && said.insert(line.hint).second) {
            text += fmt::format("{:{}}{}\n", "", p.text_column(),
                                p.paint(kDim, "try: " + p.text(printable(line.hint))));
        }
    }
    text += fmt::format("\n{}", p.headline(check.counted()));
    const std::string beside = check.beside_expectation();
    if (!beside.empty()) text += fmt::format(" ({})", p.text(printable(beside)));
    return text + fmt::format("  {} ms\n", check.took.count());
}

/// A refusal that was expected needs no more than who refused.
std::string refusal_text(const Check& check, const Painter& p) {
    const Line* routed = line_named(check, "routed");
    return fmt::format("  {} {}: {}\n", p.mark(Mark::pass), printable(check.name),
                       routed ? p.text(printable(routed->text)) : "");
}

/// The table of --self-test: what each cheat got, and what the same gateway got when it was honest.
std::string controls_text(const Report& report, const Painter& p) {
    if (report.controls.empty()) return "";
    std::string text = "Gateways that cheat, each started and asked the same way\n\n";
    for (const Control& control : report.controls) {
        text += fmt::format(
            "  {} {:<40} {:<15} honest: {}{}\n", p.mark(control.caught() ? Mark::pass : Mark::fail),
            printable(control.name), to_string(control.found), to_string(control.honest),
            !control.untried.empty() ? ", " + printable(control.complaint())
            : control.found == control.expected
                ? ""
                : fmt::format(", expected {}", to_string(control.expected)));
    }
    const auto caught = std::ranges::count_if(report.controls, &Control::caught);
    return text + fmt::format("\n{} of {} caught{}\n\n", caught, report.controls.size(),
                              report.controls_hold() ? "" : ": this proof proves nothing here");
}

std::string looked_at(const Report& report) {
    switch (report.lab) {
        case LabKind::running:
            if (report.scenario.empty()) return "Looking for a running lab";
            return fmt::format("Looking at the running lab, scenario {}",
                               printable(report.scenario));
        case LabKind::own:
            return fmt::format(
                "No lab on record: looking at one started for this check, scenario {}",
                printable(report.scenario));
        case LabKind::gateway:
            return fmt::format(
                "Looking at the gateway {}",
                report.checks.empty() ? "" : printable(report.checks.front().gateway));
        case LabKind::saved:
            break;
    }
    std::string text = fmt::format("Looking at a proof that was saved at {} by {}",
                                   sni::to_string(report.time), printable(report.version));
    if (!report.saved) return text;
    const auto& [age, lab] = *report.saved;
    text += fmt::format("\n  {} {}", in_words(age),
                        age.count() < 0 ? "ahead of this machine's clock" : "ago");
    if (lab == to_string(LabKind::own)) {
        text += ", of a lab that verify started for itself: not of a gateway of anybody's";
    } else if (lab == to_string(LabKind::running)) {
        text += fmt::format(", of a lab that was running, scenario {}", printable(report.scenario));
    } else if (lab == to_string(LabKind::gateway)) {
        text += ", of a gateway";
    }
    return text;
}

std::string claim(const Report& report) {
    if (report.exit() != Exit::yes) return "";
    if (report.lab == LabKind::saved) {
        return "  means: on these connections, then, only the two ends held the keys, says the "
               "verifier\n"
               "  not:   other clients, other times, or what the ends do with what they read\n";
    }
    return "  means: on these connections, now, only the two ends hold the keys\n"
           "  not:   other clients, other times, or what the ends do with what they read\n";
}

std::string nothing_shown_text(const Report& report) {
    return report.nothing_shown()
               ? "INCONCLUSIVE: no check asked for a proof, so nothing was shown\n"
               : "";
}

}  // namespace

std::string shown(std::string_view text, Style style) {
    using Sign = std::pair<std::string_view, std::string_view>;
    std::string plain(text);
    if (style.unicode) return plain;
    for (const auto& [from, to] :
         {Sign{"→", "->"}, Sign{"…", "..."}, Sign{"·", "-"}, Sign{"§", "section "}}) {
        for (std::size_t at = plain.find(from); at != std::string::npos;
             at = plain.find(from, at + to.size())) {
            plain.replace(at, from.size(), to);
        }
    }
    return plain;
}

std::string to_text(const Check& check, Style style) {
    return check_text(check, Painter(style));
}

std::string to_text(const Report& report, Style style, bool quiet) {
    const Painter p(style);
    if (quiet) {
        std::string text;
        for (const Check& check : report.checks) {
            text += fmt::format(
                "{}: {}\n", printable(check.name),
                check.refused_as_expected() ? "refused, as expected" : headline(check.counted()));
        }
        if (!report.controls.empty()) {
            text += fmt::format("self-test: {}\n", report.controls_hold() ? "every cheat caught"
                                                                          : "A CHEAT NOT CAUGHT");
        }
        return text + nothing_shown_text(report);
    }
    std::string text = looked_at(report) + "\n\n";
    for (const Check& check : report.checks) {
        if (!check.refused_as_expected()) text += check_text(check, p) + "\n";
    }
    const auto refused = std::ranges::count_if(report.checks, &Check::refused_as_expected);
    if (refused > 0) text += "And what must not get through\n\n";
    for (const Check& check : report.checks) {
        if (check.refused_as_expected()) text += refusal_text(check, p);
    }
    if (refused > 0) text += "\n";
    text += controls_text(report, p);
    text += nothing_shown_text(report);
    return text + claim(report) + fmt::format("exit {}\n", static_cast<int>(report.exit()));
}

}  // namespace sni::report
