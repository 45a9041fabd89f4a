#include "lab/proof/judge/client_way.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/client_names.h"
#include "lab/proof/judge/lines.h"

namespace sni::proof {

namespace {

constexpr std::string_view kHowToGoThere =
    "it must connect to {connect}: curl by --connect-to \"$SNI_LAB_CONNECT_TO\" or --resolve "
    "\"$SNI_LAB_RESOLVE\", Chromium by --host-resolver-rules=\"$SNI_LAB_HOST_RULES\"";

Line elsewhere(std::string text) {
    return against(Verdict::inconclusive, code::kOtherWay, "way", std::move(text),
                   std::string(kHowToGoThere));
}

std::string connections(std::size_t count) {
    return fmt::format("{} TLS connection{}", count, count == 1 ? "" : "s");
}

/// The client said nothing on it that anybody could read, as browsers open one in reserve: behind
/// its hellos came no more than what ends a handshake of TLS 1.3 and the connection (RFC 8446
/// §4.4.4, §6.1, D.4).
bool said_nothing(const WitnessedSession& session) {
    if (!session.server || session.server->version != "TLSv1.3") return false;
    constexpr std::uint64_t kHeader = 5;       // of a record
    constexpr std::uint64_t kSealed = 1 + 16;  // its content type, and the tag
    constexpr std::uint64_t kChangeCipherSpec = kHeader + 1;
    constexpr std::uint64_t kCloseNotify = kHeader + 2 + kSealed;
    const std::uint64_t hash = session.server->cipher_suite.ends_with("SHA384") ? 48 : 32;
    const std::uint64_t finished = kHeader + 4 + hash + kSealed;
    std::uint64_t hellos = session.up_before_tls;
    for (const HelloFacts& hello : session.hellos) {
        hellos += hello.bytes + kHeader * hello.records;
    }
    if (session.up.all.bytes < hellos) return true;
    const std::uint64_t behind = session.up.all.bytes - hellos;
    // Any of the three may be missing.
    constexpr std::uint64_t kNone = 0;
    for (const std::uint64_t change : {kNone, kChangeCipherSpec}) {
        for (const std::uint64_t end : {kNone, kCloseNotify}) {
            if (behind == change + end || behind == change + finished + end) return true;
        }
    }
    return false;
}

/// It was for the name that is asked about, and may have come to a session on which something was
/// said: more came back than an alert, which is seven bytes where it is not encrypted.
bool counts(const WitnessedSession& session, const std::optional<std::string>& sni) {
    if (session.sni && !is_for(session.sni, sni)) return false;  // without one it is for anybody
    return (session.server || session.down.all.bytes > 7) && !said_nothing(session);
}

/// What nobody knows of the other connections; nothing: there are none.
std::optional<Line> beside_line(const ClientRun& run, const ClientWay& way,
                                const std::set<const WitnessedSession*>& proven) {
    const WitnessedSession* first = nullptr;
    std::uint64_t others = way.let_go;
    for (const WitnessedSession& session : way.connections) {
        if (!counts(session, run.sni) || proven.contains(&session)) continue;
        if (!first) first = &session;
        ++others;
    }
    if (others == 0) return std::nullopt;
    return against(
        Verdict::inconclusive, code::kUnprovenBeside, "way",
        fmt::format(
            "{}{} went by the gateway beside the {} that the client shows, and nobody knows "
            "who read {}{}",
            connections(others), run.sni ? " for " + shown(run.sni) : "", proven.size(),
            others == 1 ? "it" : "them",
            first && !first->ja4.empty() ? ": JA4 " + printable(first->ja4) : ""),
        "let the client print what {url} answers on each of its connections, or make one alone");
}

}  // namespace

Line no_connection_line(std::string name, std::string_view client, std::string_view ended) {
    const std::string how = ended.empty() ? "" : fmt::format(": it {}", printable(ended));
    const std::string first = ended.empty() ? "" : "run the command by itself to see why; then ";
    return against(Verdict::inconclusive, code::kOtherWay, std::move(name),
                   fmt::format("{} made no TLS connection by the way to the gateway{}",
                               printable(client), how),
                   fmt::format("{}{}", first, kHowToGoThere));
}

std::optional<Line> plain_line(std::string name, std::string_view client, std::uint64_t plain) {
    if (plain == 0) return std::nullopt;
    return against(Verdict::inconclusive, code::kUnprovenBeside, std::move(name),
                   fmt::format("{} said something to the gateway without TLS, on {} connection{}: "
                               "whoever is there could read it",
                               printable(client), plain, plain == 1 ? "" : "s"),
                   "let the client make its TLS connections alone");
}

std::optional<Line> ended_line(std::string_view ended) {
    if (ended.empty()) return std::nullopt;
    return info("ended",
                fmt::format("the client {}; that is no part of the verdict", printable(ended)));
}

const WitnessedSession* began_with(const ClientWay& way, const Statement& said) {
    if (said.hellos.empty()) return nullptr;
    const auto found = std::ranges::find_if(way.connections, [&](const WitnessedSession& session) {
        return session.hellos.front().sha256 == said.hellos.front().sha256;
    });
    return found == way.connections.end() ? nullptr : &*found;
}

std::optional<Line> way_line(const ClientRun& run, const std::vector<const Statement*>& shown) {
    if (!run.way && shown.empty()) return std::nullopt;
    if (!run.way || run.way->connections.empty()) {
        return no_connection_line("way", run.client, run.ended);
    }
    const ClientWay& way = *run.way;
    if (shown.empty()) return std::nullopt;
    std::set<const WitnessedSession*> proven;
    for (const Statement* said : shown) {
        if (said->hellos.empty()) {
            return against(Verdict::inconclusive, code::kNoHello, "way",
                           "the backend states no hello, so nobody can tell whether that session "
                           "came by the gateway",
                           "do backend and client have the same version?");
        }
        const WitnessedSession* session = began_with(way, *said);
        if (!session) {
            return elsewhere(fmt::format(
                "that session's hello {} did not go by the gateway: it is of none of "
                "the {} that did",
                brief(said->hellos.front().sha256), connections(way.connections.size())));
        }
        proven.insert(session);
    }
    if (auto beside = beside_line(run, way, proven)) return beside;
    if (auto plain = plain_line("way", run.client, way.plain)) return plain;
    return pass("way", proven.size() == 1
                           ? "that session's hello went by the gateway, and no other for that name"
                           : fmt::format("the hellos of those {} sessions went by the gateway, and "
                                         "no other for that name",
                                         proven.size()));
}

}  // namespace sni::proof
