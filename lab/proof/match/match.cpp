#include "lab/proof/match/match.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/proof/match/services.h"

namespace sni::proof {

namespace {

/// A server's random is in one of them alone.
bool are_one_session(const Carried& here, const Carried& there) {
    return here.server && there.server && here.server->hello_sha256 == there.server->hello_sha256;
}

/// As of a log that is kept from run to run, while the clients go by another way.
bool has_idle_run(const WitnessRecord& client) {
    const bool again = !client.earlier.empty() || client.broke_off;
    return again && client.since && std::ranges::none_of(client.sessions, [&](const Carried& one) {
               return one.began >= *client.since;
           });
}

}  // namespace

std::size_t Matching::count(Fate fate) const {
    return static_cast<std::size_t>(std::ranges::count(sessions, fate, &Matched::fate));
}

Matching match(const WitnessRecord& client, std::span<const WitnessRecord> records) {
    Services services(records);
    Matching all;
    all.sessions.reserve(client.sessions.size());
    std::vector<std::size_t> missing;
    all.again = each_once({&client, 1}, [&](const Carried& here) {
        Matched matched{.session = &here};
        if (const Carried* there = services.claim(here)) {
            std::tie(matched.fate, matched.why) = fate_of(here, *there);
            if (are_one_session(here, *there)) services.compare_clocks(here, *there);
        } else {
            missing.push_back(all.sessions.size());
        }
        all.sessions.push_back(std::move(matched));
    });
    // Who is left at the service is what those that are missing may have become.
    services.index_strangers();
    for (const std::size_t at : missing) {
        Matched& matched = all.sessions[at];
        const Carried& here = *matched.session;
        const auto [stranger, began_then] = services.take_stranger(here);
        // Where another one for that name came instead, at that time, the clocks agree so far.
        const auto skew = began_then ? std::chrono::milliseconds(0) : kClockSkew;
        if (std::string gap = services.gap(here, skew); !gap.empty()) {
            matched.why = std::move(gap);
        } else if (stranger) {
            matched.fate = Fate::reencrypted;
            matched.why = fmt::format(
                "another hello for that name arrived, from {} with JA4 {}; or that one is somebody "
                "else's, and this one went where no record is from",
                printable(stranger->peer),
                stranger->ja4.empty() ? "unknown" : printable(stranger->ja4));
        } else {
            matched.fate = Fate::elsewhere;
            matched.why = here.server ? "nothing for that name arrived that is not accounted for"
                                      : fmt::format("{} back, and its hello did not arrive",
                                                    no_server_hello(here.down));
        }
    }
    all.strangers = services.strangers();
    all.not_recorded = client.lost + client.let_go;
    all.goes_on = !client.until || client.broke_off;
    all.headless = !client.since || client.headless;
    all.unread = client.unread.size();
    all.idle_run = has_idle_run(client);
    all.in_clear = static_cast<std::size_t>(std::ranges::count_if(
        all.sessions, [](const Matched& one) { return one.session->before_tls > 0; }));
    return all;
}

std::vector<std::string> lacking(const Matching& matching, std::optional<std::size_t> expected) {
    std::vector<std::string> all;
    const std::size_t compared = matching.compared();
    if (matching.sessions.empty()) all.emplace_back("there is no connection to be compared");
    if (expected && compared < *expected)
        all.push_back(fmt::format("{} were expected, and {} can be compared", *expected, compared));
    if (matching.not_recorded > 0) {
        all.push_back(
            fmt::format("{} more are not in the clients' record, so nothing is known of "
                        "them",
                        matching.not_recorded));
    }
    if (matching.unread > 0) {
        all.push_back(
            fmt::format("{} of the clients' connections said something in which no "
                        "ClientHello was found, and is compared with nothing",
                        matching.unread));
    }
    if (matching.idle_run && (!expected || compared < *expected)) {
        all.emplace_back(
            "nothing came by the clients' witness since it was started last; do they go another "
            "way? --since leaves earlier runs out");
    }
    if (matching.headless && (!expected || compared < *expected)) {
        all.emplace_back(
            "the clients' record does not begin with its witness's start, so what ended before is "
            "not in it; name all its parts, or say --expect N");
    }
    if (matching.goes_on && (!expected || compared < *expected)) {
        all.emplace_back(
            "the clients' record goes on or broke off, so what was open then is not "
            "in it; end that witness first, or say --expect N");
    }
    return all;
}

Exit exit_of(const Matching& matching, std::optional<std::size_t> expected) {
    Exit worst = lacking(matching, expected).empty() ? Exit::yes : Exit::inconclusive;
    for (const Matched& matched : matching.sessions) {
        worst = worse(worst, exit_of(verdict_of(matched.fate)));
    }
    return worst;
}

}  // namespace sni::proof
