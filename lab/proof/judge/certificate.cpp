#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
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

}  // namespace

std::vector<Line> certificate_lines(const CertFacts& leaf, const Evidence& e,
                                    const Expectation& expected) {
    std::vector<Line> lines;
    const auto problem = [&](std::string_view code, std::string name, std::string text,
                             std::string hint) {
        lines.push_back(
            against(Verdict::certificate, code, std::move(name), std::move(text), std::move(hint)));
    };
    const std::optional<std::string>& name = e.sni ? e.sni : expected.host;
    if (name) {
        switch (match_name(leaf, *name)) {
            case NameMatch::covered:
                lines.push_back(
                    pass("name", fmt::format("the certificate answers for {}", shown(name))));
                break;
            case NameMatch::common_name_only:
                lines.push_back(pass(
                    "name",
                    fmt::format(
                        "CN is {}, but there is no SAN: curl accepts that, browsers and Go do not",
                        shown(name))));
                break;
            case NameMatch::not_covered:
                problem(code::kCertName, "name",
                        fmt::format("the certificate is for {}, not for {}",
                                    printable(leaf.subject), shown(name)),
                        e.sni ? "the router chose by SNI; the client checks the certificate: both "
                                "must carry the same name"
                              : "without SNI a server shows its default certificate; ask by a "
                                "name, or make a certificate that has this one in its SAN");
                break;
        }
    } else {
        lines.push_back(info("name", "no SNI was sent, so the certificate's name is not judged"));
    }
    const std::string until = sni::to_string(leaf.not_after);
    switch (match_dates(leaf, expected.now)) {
        case Dates::valid:
            lines.push_back(pass("dates", fmt::format("valid until {}", until)));
            break;
        case Dates::expired:
            problem(code::kCertExpired, "dates", fmt::format("expired at {}", until),
                    e.sni && DnsName::parse(*e.sni)
                        ? fmt::format("make a new one, and start its backend again: sni-lab "
                                      "certgen --force {} && sni-lab down && sni-lab up --detach",
                                      *e.sni)
                        : std::string("make a new one, and start its backend again"));
            break;
        case Dates::not_yet_valid:
            problem(code::kCertNotYetValid, "dates",
                    fmt::format("not valid before {}", sni::to_string(leaf.not_before)),
                    "is this machine's clock right?");
            break;
    }
    if (is_weak(leaf.key)) {
        problem(code::kCertWeakKey, "key",
                fmt::format("{} is too short: such keys have been broken", printable(leaf.key)),
                "RSA 2048 is the least that clients accept, and EC P-256");
    }
    if (e.chain_error && e.chain_error->empty())
        lines.push_back(pass("chain", "leads to the --cacert given"));
    if (e.chain_error && !e.chain_error->empty()) {
        problem(code::kCertChain, "chain",
                fmt::format("does not lead to the --cacert given: {}", printable(*e.chain_error)),
                "a CA-signed certificate wants the CA there; a self-signed one wants itself");
    }
    if (expected.pin && (leaf.sha256 == *expected.pin || leaf.spki_sha256 == *expected.pin)) {
        lines.push_back(pass("pin", fmt::format("SHA-256 {} as pinned", brief(*expected.pin))));
    } else if (expected.pin) {
        problem(code::kCertPin, "pin",
                fmt::format("SHA-256 {} (key {}) is not the pinned {}", brief(leaf.sha256),
                            brief(leaf.spki_sha256), brief(*expected.pin)),
                "somebody else's certificate was served, or the backend got a new one");
    }
    if (expected.leaf_sha256 && leaf.sha256 == *expected.leaf_sha256) {
        lines.push_back(pass(
            "own", fmt::format("SHA-256 {}: the one the lab's backend holds", brief(leaf.sha256))));
    } else if (expected.leaf_sha256) {
        problem(code::kCertNotTheLabs, "own",
                fmt::format("SHA-256 {} is not the backend's {}", brief(leaf.sha256),
                            brief(*expected.leaf_sha256)),
                "somebody in between serves a certificate of its own");
    }
    if (!e.chain_error && !expected.pin && !expected.leaf_sha256) {
        lines.push_back(info("chain", "not judged: neither --cacert nor --pin was given"));
    }
    return lines;
}

}  // namespace sni::proof
