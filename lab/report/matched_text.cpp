#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"
#include "lab/report/matched.h"

namespace sni::report {

using proof::Fate;

namespace {

constexpr auto kFates = {Fate::passed,      Fate::cut,       Fate::readable,  Fate::altered,
                         Fate::reencrypted, Fate::elsewhere, Fate::incomplete};
/// Of those that were not passed so many are told one by one.
constexpr std::size_t kListed = 50;

std::string when(proof::Moment moment) {
    return sni::to_string(std::chrono::floor<std::chrono::seconds>(moment));
}

std::string name_of(const proof::Carried& session) {
    return session.sni.empty() ? "(no SNI)" : printable(session.sni);
}

}  // namespace

nlohmann::json to_document(const proof::WitnessRecord& client, const proof::Matching& found,
                           std::optional<std::size_t> expected) {
    nlohmann::json counts = nlohmann::json::object();
    for (const Fate fate : kFates) {
        counts[std::string(to_string(fate))] = found.count(fate);
    }
    nlohmann::json others = nlohmann::json::array();
    for (const proof::Matched& one : found.sessions) {
        if (one.fate == Fate::passed) continue;
        others.push_back({{"sni", one.session->sni},
                          {"ja4", one.session->ja4},
                          {"peer", one.session->peer},
                          {"began_ms", one.session->began.time_since_epoch().count()},
                          {"fate", to_string(one.fate)},
                          {"why", one.why}});
    }
    return {{"schema", "sni-lab/match/1"},
            {"exit", static_cast<int>(exit_of(found, expected))},
            {"connections", found.sessions.size()},
            {"compared", found.compared()},
            {"lacking", lacking(found, expected)},
            {"counts", std::move(counts)},
            {"not_tls", client.not_tls},
            {"recorded_again", found.again},
            {"not_recorded", found.not_recorded},
            {"strangers", found.strangers},
            {"not_passed", std::move(others)}};
}

std::string to_text(const proof::WitnessRecord& client, const proof::Matching& found,
                    std::optional<std::size_t> expected, bool quiet) {
    std::string text;
    std::size_t listed = 0;
    for (const proof::Matched& one : found.sessions) {
        if (quiet || one.fate == Fate::passed || listed == kListed) continue;
        ++listed;
        text += fmt::format("{:<16} {} {} from {}, {}: {}\n", to_string(one.fate),
                            when(one.session->began), name_of(*one.session),
                            printable(one.session->peer),
                            one.session->ja4.empty() ? "JA4 unknown" : printable(one.session->ja4),
                            printable(one.why));
    }
    if (listed == kListed && found.sessions.size() - found.count(Fate::passed) > kListed)
        text += "… --json has them all\n";
    if (listed > 0) text += "\n";
    std::string counts;
    for (const Fate fate : kFates) {
        const std::size_t count = found.count(fate);
        if (count > 0 || fate == Fate::passed)
            counts += fmt::format("{}{} {}", counts.empty() ? "" : " · ", to_string(fate), count);
    }
    text +=
        fmt::format("{} TLS connections at {}: {}\n", found.sessions.size(), client.name, counts);
    if (client.not_tls > 0)
        text += fmt::format("not compared: {} without a ClientHello\n", client.not_tls);
    if (found.again > 0)
        text += fmt::format("counted once: {} that the clients' record has again\n", found.again);
    if (found.strangers > 0)
        text += fmt::format("{} more at the service are none of these\n", found.strangers);
    for (const std::string& sentence : lacking(found, expected)) {
        text += sentence + "\n";
    }
    return text;
}

}  // namespace sni::report
