#include <algorithm>
#include <chrono>
#include <optional>

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

/// When the first of them began, and the last.
struct Span {
    proof::Moment first;
    proof::Moment last;
};
std::optional<Span> span_of(const proof::Matching& found) {
    std::optional<Span> span;
    for (const proof::Matched& one : found.sessions) {
        const proof::Moment began = one.session->began;
        if (!span) span = {began, began};
        span = {std::min(span->first, began), std::max(span->last, began)};
    }
    return span;
}

nlohmann::json milliseconds_of(const std::optional<Span>& span, proof::Moment Span::* end) {
    if (!span) return nullptr;
    return ((*span).*end).time_since_epoch().count();
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
    const auto span = span_of(found);
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
            {"first_ms", milliseconds_of(span, &Span::first)},
            {"last_ms", milliseconds_of(span, &Span::last)},
            {"older", client.older},
            {"in_clear", found.in_clear},
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
    if (const auto span = quiet ? std::nullopt : span_of(found))
        text += fmt::format("begun between {} and {}\n", when(span->first), when(span->last));
    if (client.older > 0) text += fmt::format("left out: {} that are older\n", client.older);
    if (found.in_clear > 0) {
        text += fmt::format(
            "{} said something in the clear before TLS, which whoever is in between can read\n",
            found.in_clear);
    }
    for (const std::string& sentence : lacking(found, expected)) {
        text += sentence + "\n";
    }
    return text;
}

}  // namespace sni::report
