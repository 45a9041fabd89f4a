#include "lab/proof/match.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::proof {

namespace {

struct FateRow {
    Fate fate;
    std::string_view word;
    Verdict verdict;
};
constexpr FateRow kFates[] = {
    {Fate::passed, "passed", Verdict::proven},
    {Fate::readable, "readable", Verdict::readable},
    {Fate::cut, "cut", Verdict::proven},
    {Fate::altered, "altered", Verdict::altered},
    {Fate::reencrypted, "re-encrypted", Verdict::terminated},
    {Fate::elsewhere, "routed elsewhere", Verdict::not_routed},
    {Fate::incomplete, "not complete", Verdict::inconclusive},
};

const FateRow& row_of(Fate fate) {
    return *std::ranges::find(kFates, fate, &FateRow::fate);
}

struct DigestHash {
    std::size_t operator()(const Digest& digest) const {
        return std::hash<std::string_view>()(as_text(digest));
    }
};

/// With its record and without a session id or an extension: what is shorter refuses.
constexpr std::uint64_t kLeastServerHello = 47;

/// Clocks of two machines may differ by so much.
constexpr std::chrono::minutes kSkew{1};

/// How one direction looks at two places.
enum class Alike { whole, as_far_as_known, unknown, differs };

/// `ended`: nothing more left. A cut takes bytes away and adds none.
Alike compare(const WitnessedStream& left, const WitnessedStream& arrived, bool ended) {
    if (left.all.bytes == arrived.all.bytes)
        return left.all == arrived.all ? Alike::whole : Alike::differs;
    if (ended && arrived.all.bytes > left.all.bytes) return Alike::differs;
    const std::size_t common = std::min(left.checkpoints.size(), arrived.checkpoints.size());
    if (common == 0) return Alike::unknown;
    return left.checkpoints[common - 1] == arrived.checkpoints[common - 1] ? Alike::as_far_as_known
                                                                           : Alike::differs;
}

}  // namespace

std::pair<Fate, std::string> fate_of(const Carried& here, const Carried& there) {
    const Alike up = compare(here.up, there.up, here.ended.has_value());
    const Alike down = compare(there.down, here.down, there.ended.has_value());
    const bool both = here.server && there.server;
    if (both && here.server->hello_sha256 != there.server->hello_sha256)
        return {Fate::reencrypted, "its hello arrived, and another answer to it came back"};
    if (here.before_tls != there.before_tls) {
        return {Fate::incomplete,
                fmt::format("{} bytes precede TLS here and {} there, as of a PROXY header that a "
                            "witness was not told of (--accept-proxy)",
                            here.before_tls, there.before_tls)};
    }
    const bool one = made_one_session(
        there.server, here.server ? std::optional(here.server->hello_sha256) : std::nullopt);
    if (up == Alike::differs || down == Alike::differs) {
        const char* way = up == Alike::differs ? "to the service" : "to the client";
        if (one) return {Fate::altered, fmt::format("other bytes arrived on the way {}", way)};
        return {Fate::reencrypted,
                fmt::format("its hello arrived, and other bytes behind it on the way {}", way)};
    }
    if (up == Alike::whole && down == Alike::whole) {
        if (!here.server && here.down.all.bytes >= kLeastServerHello)
            return {Fate::incomplete, "no ServerHello was read, so nobody knows who can read it"};
        if (!here.readable.empty()) return {Fate::readable, here.readable};
        if (here.server && !tells_who_reads(here.server))
            return {Fate::incomplete,
                    "its handshake was not read to its end, so nobody knows whether a ticket's key "
                    "opens it"};
        return {Fate::passed, ""};
    }
    const std::string lengths =
        fmt::format("{} and {} bytes here, {} and {} there", here.up.all.bytes, here.down.all.bytes,
                    there.up.all.bytes, there.down.all.bytes);
    // Below TLS 1.3 who has the service's key can pass on the start of a handshake and end it
    // himself, and a checkpoint may lie in that start.
    if (one) {
        if (here.readable.empty()) return {Fate::cut, lengths};
        return {Fate::readable, here.readable};
    }
    return {Fate::incomplete, "too little of it can be compared: " + lengths};
}

namespace {

/// The records of the service's side, by hello and, of those that nobody has claimed, by name.
class Services {
  public:
    explicit Services(std::span<const WitnessRecord> records) : records_(records) {
        for (const WitnessRecord& record : records) {
            for (const Carried& session : record.sessions) {
                by_hello_[session.hello].few.push_back(&session);
            }
        }
    }

    /// The session with the hello of `here` that is most like it, which nobody else gets. Where
    /// many began with one hello, its twin has the same ServerHello.
    const Carried* claim(const Carried& here) {
        const auto found = by_hello_.find(here.hello);
        if (found == by_hello_.end()) return nullptr;
        Group& group = found->second;
        if (group.few.size() > kFew) group.split();
        if (group.by_answer.empty()) return take_most_alike(here, group.few);
        auto alike = group.by_answer.find(answer_of(here));
        if (alike == group.by_answer.end()) alike = group.by_answer.find(Digest{});
        if (alike == group.by_answer.end()) alike = group.by_answer.begin();
        const Carried* const taken = take_most_alike(here, alike->second);
        if (alike->second.empty()) group.by_answer.erase(alike);
        return taken;
    }

    void index_strangers() {
        for (const auto& [hello, group] : by_hello_) {
            const auto enter = [&](const Sessions& sessions) {
                for (const Carried* session : sessions) {
                    strangers_[session->sni].emplace(session->began, session);
                }
            };
            enter(group.few);
            for (const auto& [answer, sessions] : group.by_answer) {
                enter(sessions);
            }
        }
    }
    /// Of those for the name of `here` the one that began closest to it, while it was open. Where
    /// no ServerHello came back there was no session, and so none that anybody could have read.
    const Carried* take_stranger(const Carried& here) {
        if (!here.server) return nullptr;
        const auto found = strangers_.find(here.sni);
        if (found == strangers_.end() || found->second.empty()) return nullptr;
        auto& sessions = found->second;
        auto at = sessions.lower_bound(here.began);
        if (at == sessions.end() ||
            (at != sessions.begin() && here.began - std::prev(at)->first < at->first - here.began))
            --at;
        const Carried* const taken = at->second;
        if (taken->began + kSkew < here.began || (here.ended && taken->began > *here.ended + kSkew))
            return nullptr;
        sessions.erase(at);
        return taken;
    }
    std::size_t strangers() const {
        std::size_t count = 0;
        for (const auto& [name, sessions] : strangers_) {
            count += sessions.size();
        }
        return count;
    }

    /// Why a connection may be missing though it was there; empty: every record would have it.
    std::string gap(const Carried& here) const {
        if (here.given_up) return "its client gave it up before anything came back";
        for (const WitnessRecord& record : records_) {
            if (record.lost > 0)
                return fmt::format("{} lost {} connections", record.name, record.lost);
            if (!record.since || *record.since > here.began)
                return fmt::format("{} begins later", record.name);
            if (!here.ended) return "it is still open";
            if (!record.until)
                return fmt::format("{} goes on, so what is still open is not in it", record.name);
            if (*record.until < *here.ended) return fmt::format("{} ends before it", record.name);
            const auto unread = std::ranges::lower_bound(record.unread, here.began - kSkew);
            if (unread != record.unread.end() && *unread <= *here.ended + kSkew)
                return fmt::format("{} found no ClientHello in a connection of that time",
                                   record.name);
        }
        return "";
    }

  private:
    static constexpr std::size_t kFew = 16;
    using Sessions = std::vector<const Carried*>;
    /// Those with one hello: a client says it once, but whoever wants to may say it again.
    struct Group {
        Sessions few;
        std::unordered_map<Digest, Sessions, DigestHash> by_answer;  // when they are many

        void split() {
            for (const Carried* session : std::exchange(few, {})) {
                by_answer[answer_of(*session)].push_back(session);
            }
        }
    };
    /// The ServerHello's; nobody's when there was none.
    static Digest answer_of(const Carried& session) {
        return session.server ? session.server->hello_sha256 : Digest{};
    }
    /// Of the latest few.
    static const Carried* take_most_alike(const Carried& here, Sessions& sessions) {
        if (sessions.empty()) return nullptr;
        std::size_t best = sessions.size() - 1;
        const std::size_t end = sessions.size() - std::min(sessions.size(), kFew);
        Fate fate = Fate::incomplete;
        if (sessions.size() > 1) fate = fate_of(here, *sessions[best]).first;
        for (std::size_t at = best; at > end && fate != Fate::passed; --at) {
            const Fate other = fate_of(here, *sessions[at - 1]).first;
            if (other >= fate) continue;
            best = at - 1;
            fate = other;
        }
        const Carried* const taken = sessions[best];
        sessions[best] = sessions.back();
        sessions.pop_back();
        return taken;
    }

    std::span<const WitnessRecord> records_;
    std::unordered_map<Digest, Group, DigestHash> by_hello_;
    std::map<std::string, std::multimap<Moment, const Carried*>, std::less<>> strangers_;
};

}  // namespace

std::string_view to_string(Fate fate) {
    return row_of(fate).word;
}

Verdict verdict_of(Fate fate) {
    return row_of(fate).verdict;
}

std::size_t Matching::count(Fate fate) const {
    return static_cast<std::size_t>(std::ranges::count(sessions, fate, &Matched::fate));
}

Matching match(const WitnessRecord& client, std::span<const WitnessRecord> records) {
    Services services(records);
    Matching all;
    all.sessions.reserve(client.sessions.size());
    std::vector<std::size_t> missing;
    for (const Carried& here : client.sessions) {
        Matched matched{.session = &here};
        if (const Carried* there = services.claim(here)) {
            std::tie(matched.fate, matched.why) = fate_of(here, *there);
        } else {
            missing.push_back(all.sessions.size());
        }
        all.sessions.push_back(std::move(matched));
    }
    // Who is left at the service is what those that are missing may have become.
    services.index_strangers();
    for (const std::size_t at : missing) {
        Matched& matched = all.sessions[at];
        const Carried* const stranger = services.take_stranger(*matched.session);
        if (std::string gap = services.gap(*matched.session); !gap.empty()) {
            matched.why = std::move(gap);
        } else if (stranger) {
            matched.fate = Fate::reencrypted;
            matched.why = fmt::format("another hello for that name arrived, from {} with JA4 {}",
                                      printable(stranger->peer),
                                      stranger->ja4.empty() ? "unknown" : printable(stranger->ja4));
        } else {
            matched.fate = Fate::elsewhere;
            matched.why = "nothing for that name arrived that is not accounted for";
        }
    }
    all.strangers = services.strangers();
    all.not_recorded = client.lost + client.let_go;
    return all;
}

Exit exit_of(const Matching& matching, std::optional<std::size_t> expected) {
    if (matching.sessions.empty()) return Exit::inconclusive;
    const std::size_t compared = matching.sessions.size() - matching.count(Fate::incomplete);
    const bool too_few = expected && compared < *expected;
    Exit worst = too_few || matching.not_recorded > 0 ? Exit::inconclusive : Exit::yes;
    for (const Matched& matched : matching.sessions) {
        worst = worse(worst, exit_of(verdict_of(matched.fate)));
    }
    return worst;
}

}  // namespace sni::proof
