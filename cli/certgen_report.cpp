#include "cli/certgen_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/core/endpoint.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

namespace {

/// https://support.apple.com/en-us/103769; with the hour that certificates begin early.
constexpr auto kAppleLimit = std::chrono::days(825) + certs::kClockAllowance;

std::string shown(const std::filesystem::path& path) {
    return printable(path.native());
}

std::string names_of(const CertFacts& facts) {
    std::vector<std::string> names = facts.dns_names;
    names.insert(names.end(), facts.ip_addresses.begin(), facts.ip_addresses.end());
    return names.empty() ? "none, but the CN" : fmt::format("{}", fmt::join(names, ", "));
}

std::string validity(const CertFacts& facts, std::chrono::sys_seconds now) {
    const auto days =
        std::chrono::duration_cast<std::chrono::days>(facts.not_after - facts.not_before).count();
    const Dates dates = match_dates(facts, now);
    return fmt::format("{} to {} ({} day{}{})", to_string(facts.not_before),
                       to_string(facts.not_after), days, days == 1 ? "" : "s",
                       dates == Dates::valid     ? ""
                       : dates == Dates::expired ? ", expired"
                                                 : ", not valid yet");
}

void append_pair(std::string& text, const IssuedPair& pair, const CertgenReport& report) {
    const auto out = std::back_inserter(text);
    const CertFacts& facts = pair.facts;
    const bool authority = pair.purpose == certs::Purpose::authority;
    fmt::format_to(out, "\n  {}   {}, {}\n", pair.name, facts.key,
                   facts.self_signed ? "self-signed" : "signed by " + printable(facts.issuer));
    fmt::format_to(out, "    subject      {}{}\n",
                   facts.subject.empty() ? "empty" : printable(facts.subject),
                   facts.common_name.empty() ? ": a CN holds at most 64 bytes" : "");
    if (!authority) fmt::format_to(out, "    names        {}\n", printable(names_of(facts)));
    fmt::format_to(out, "    certificate  {}\n", shown(pair.paths.cert.filename()));
    fmt::format_to(out, "    key          {}, mode 0600\n", shown(pair.paths.key.filename()));
    fmt::format_to(out, "    valid        {}\n", validity(facts, report.now));
    fmt::format_to(out, "    SHA-256      {}\n", to_fingerprint(facts.sha256));
}

/// Who will refuse a certificate that is right by all standards.
void add_refusals(std::vector<std::string>& notes, const IssuedPair& pair) {
    if (pair.purpose != certs::Purpose::server) return;
    if (pair.facts.key == "Ed25519") {
        notes.push_back(fmt::format(
            "{}: browsers take no Ed25519 key, and NSS cannot store one; --key ec:p256 suits all",
            pair.name));
    }
    if (pair.facts.not_after - pair.facts.not_before > kAppleLimit) {
        notes.push_back(fmt::format("{}: Apple's systems refuse more than 825 days", pair.name));
    }
    for (const std::string& name : pair.facts.dns_names) {
        if (!name.starts_with("*.") || name.find('.', 2) != std::string::npos) continue;
        notes.push_back(fmt::format(
            "{} covers nothing for curl, Python and sni-lab: they want two labels behind the star",
            name));
    }
}

std::vector<std::string> notes_of(const CertgenReport& report) {
    std::vector<std::string> notes;
    for (const IssuedPair& pair : report.pairs) {
        if (pair.cn_only) {
            notes.emplace_back(
                "a name that is in the CN alone is refused by browsers and by Go, and taken by "
                "curl");
        }
        add_refusals(notes, pair);
        for (const IssuedPair& authority : report.authority) {
            if (pair.facts.not_after <= authority.facts.not_after) continue;
            notes.push_back(fmt::format("the lab CA ends on {}, before {} does",
                                        to_string(authority.facts.not_after), pair.name));
        }
    }
    return notes;
}

/// A request that reaches the lab on its usual port, whatever the name resolves to.
std::string curl_line(const CertgenReport& report) {
    const IssuedPair& pair = report.pairs.front();
    if (pair.purpose == certs::Purpose::client) {
        return fmt::format("curl --cert {} --key {} ...", shell_quoted(pair.paths.cert.native()),
                           shell_quoted(pair.paths.key.native()));
    }
    const std::filesystem::path& trusted =
        report.authority.empty() ? pair.paths.cert : report.authority.front().paths.cert;
    std::string host = pair.name;
    if (host.starts_with("*.")) host.replace(0, 1, "www");
    if (is_ip_literal(host)) {
        return fmt::format("curl --cacert {} --connect-to ::127.0.0.1:8443 https://{}/status/418",
                           shell_quoted(trusted.native()),
                           host.contains(':') ? "'[" + host + "]'" : host);
    }
    return fmt::format("curl --cacert {} --resolve {}:8443:127.0.0.1 https://{}:8443/status/418",
                       shell_quoted(trusted.native()), host, host);
}

nlohmann::json json_of(const IssuedPair& pair) {
    const CertFacts& facts = pair.facts;
    return {{"name", pair.name},
            {"certificate", pair.paths.cert.native()},
            {"private_key", pair.paths.key.native()},
            {"purpose", pair.purpose == certs::Purpose::client      ? "client"
                        : pair.purpose == certs::Purpose::authority ? "authority"
                                                                    : "server"},
            {"subject", facts.subject},
            {"issuer", facts.issuer},
            {"dns_names", facts.dns_names},
            {"ip_addresses", facts.ip_addresses},
            {"not_before", to_string(facts.not_before)},
            {"not_after", to_string(facts.not_after)},
            {"key_type", facts.key},
            {"sha256", to_hex(facts.sha256)},
            {"spki_sha256", to_hex(facts.spki_sha256)},
            {"self_signed", facts.self_signed}};
}

}  // namespace

std::string to_text(const CertgenReport& report) {
    const std::size_t count = report.pairs.size();
    std::string text =
        fmt::format("Made {} certificate{}{} in {}\n", count, count == 1 ? "" : "s",
                    report.authority_is_new ? " and the lab CA" : "", shown(report.folder));
    for (const IssuedPair& pair : report.pairs) {
        append_pair(text, pair, report);
    }
    for (const IssuedPair& authority : report.authority) {
        if (report.authority_is_new) append_pair(text, authority, report);
    }
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "\n");
    for (const std::string& note : notes_of(report)) {
        fmt::format_to(out, "Note: {}\n", note);
    }
    const bool client = report.pairs.front().purpose == certs::Purpose::client;
    fmt::format_to(out, "{} {}\n",
                   client ? "Show it:" : "Trust it for one command:", curl_line(report));
    fmt::format_to(out, "Next: {}\n", report.next);
    return text;
}

std::string to_json(const CertgenReport& report) {
    nlohmann::json document = {{"schema", "sni-lab/certgen/1"},
                               {"folder", report.folder.native()},
                               {"certificates", nlohmann::json::array()},
                               {"authority", nullptr},
                               {"notes", notes_of(report)},
                               {"next", report.next}};
    for (const IssuedPair& pair : report.pairs) {
        document["certificates"].push_back(json_of(pair));
    }
    for (const IssuedPair& authority : report.authority) {
        document["authority"] = json_of(authority);
        document["authority"]["made"] = report.authority_is_new;
    }
    // A folder's name may be no UTF-8.
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace sni::cli
