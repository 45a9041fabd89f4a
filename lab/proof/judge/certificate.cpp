#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/lines.h"

namespace sni::proof {

namespace {

/// RSA of less than 2048 bits, as CertFacts::key puts it. Browsers and OpenSSL's level 2 refuse it.
bool is_weak(std::string_view key) {
    constexpr std::string_view kRsa = "RSA ";
    if (!key.starts_with(kRsa)) return false;
    key.remove_prefix(kRsa.size());
    int bits = 0;
    std::from_chars(key.data(), key.data() + key.size(), bits);
    return bits < 2048;
}

Line problem(std::string_view code, std::string name, std::string text, std::string hint) {
    return against(Verdict::certificate, code, std::move(name), std::move(text), std::move(hint));
}

Line name_line(const CertFacts& leaf, const Evidence& e, const Expectation& expected) {
    const std::optional<std::string>& name = e.sni ? e.sni : expected.host;
    if (!name) return info("name", "no SNI was sent, so the certificate's name is not judged");
    switch (match_name(leaf, *name)) {
        case NameMatch::covered:
            return pass("name", fmt::format("the certificate answers for {}", shown(name)));
        case NameMatch::common_name_only:
            return pass(
                "name",
                fmt::format(
                    "CN is {}, but there is no SAN: curl accepts that, browsers and Go do not",
                    shown(name)));
        case NameMatch::not_covered:
            break;
    }
    return problem(
        code::kCertName, "name",
        fmt::format("the certificate is for {}, not for {}", printable(leaf.subject), shown(name)),
        e.sni ? "the router chose by SNI; the client checks the certificate: both "
                "must carry the same name"
              : "without SNI a server shows its default certificate; ask by a "
                "name, or make a certificate that has this one in its SAN");
}

Line dates_line(const CertFacts& leaf, std::chrono::sys_seconds now, const std::string& renewal) {
    const std::string until = sni::to_string(leaf.not_after);
    switch (match_dates(leaf, now)) {
        case Dates::valid:
            return pass("dates", fmt::format("valid until {}", until));
        case Dates::expired:
            return problem(code::kCertExpired, "dates", fmt::format("expired at {}", until),
                           "make a new one, and start its backend again" +
                               (renewal.empty() ? "" : ": " + renewal));
        case Dates::not_yet_valid:
            break;
    }
    return problem(code::kCertNotYetValid, "dates",
                   fmt::format("not valid before {}", sni::to_string(leaf.not_before)),
                   "is this machine's clock right?");
}

Line chain_line(const std::string& error) {
    if (error.empty()) return pass("chain", "leads to the --cacert given");
    return problem(code::kCertChain, "chain",
                   fmt::format("does not lead to the --cacert given: {}", printable(error)),
                   "a CA-signed certificate wants the CA there; a self-signed one wants itself");
}

/// The pin is of the certificate or of its key.
Line pin_line(const CertFacts& leaf, const Digest& pin) {
    if (leaf.sha256 == pin || leaf.spki_sha256 == pin)
        return pass("pin", fmt::format("SHA-256 {} as pinned", brief(pin)));
    return problem(code::kCertPin, "pin",
                   fmt::format("SHA-256 {} (key {}) is not the pinned {}", brief(leaf.sha256),
                               brief(leaf.spki_sha256), brief(pin)),
                   "somebody else's certificate was served, or the backend got a new one");
}

Line own_line(const CertFacts& leaf, const Digest& own) {
    if (leaf.sha256 == own) {
        return pass("own", fmt::format("SHA-256 {}: the one the lab's backend holds", brief(own)));
    }
    return problem(
        code::kCertNotTheLabs, "own",
        fmt::format("SHA-256 {} is not the backend's {}", brief(leaf.sha256), brief(own)),
        "somebody in between serves a certificate of its own");
}

}  // namespace

std::vector<Line> certificate_lines(const CertFacts& leaf, const Evidence& e,
                                    const Expectation& expected) {
    std::vector<Line> lines = {name_line(leaf, e, expected),
                               dates_line(leaf, expected.now, expected.renewal)};
    if (is_weak(leaf.key)) {
        lines.push_back(
            problem(code::kCertWeakKey, "key",
                    fmt::format("{} is too short: such keys have been broken", printable(leaf.key)),
                    "RSA 2048 is the least that clients accept, and EC P-256"));
    }
    if (e.chain_error) lines.push_back(chain_line(*e.chain_error));
    if (expected.pin) lines.push_back(pin_line(leaf, *expected.pin));
    if (expected.leaf_sha256) lines.push_back(own_line(leaf, *expected.leaf_sha256));
    if (!e.chain_error && !expected.pin && !expected.leaf_sha256)
        lines.push_back(info(
            "chain",
            "not judged: no certificate was given for it (--cacert; with verify, --pin, too)"));
    return lines;
}

}  // namespace sni::proof
