#include "lab/proof/match.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
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

/// Clocks of two machines may differ by so much.
constexpr std::chrono::minutes kSkew{1};

/// How one direction looks at two places.
enum class Alike {
    whole,
    begins,   ///< all that the shorter one has is the begin of the other
    unknown,  ///< behind the first bytes nobody knows
    differs
};
struct Compared {
    Alike alike;
    std::uint64_t same = 0;  ///< so many bytes are, the first ones
};

/// `ended`: nothing more left. A cut takes bytes away and adds none.
Compared compare(const WitnessedStream& left, const WitnessedStream& arrived, bool ended) {
    const std::uint64_t shorter = std::min(left.all.bytes, arrived.all.bytes);
    if (left.all.bytes == arrived.all.bytes)
        return left.all == arrived.all ? Compared{Alike::whole, shorter} : Compared{Alike::differs};
    if (ended && arrived.all.bytes > left.all.bytes) return {Alike::differs};
    const std::size_t common = std::min(left.checkpoints.size(), arrived.checkpoints.size());
    if (common > 0 && left.checkpoints[common - 1] != arrived.checkpoints[common - 1])
        return {Alike::differs};
    constexpr std::size_t kMost = 53;  // whatever a record says it has
    const std::uint64_t same =
        common == 0 ? 0 : WitnessedStream::kFirstCheckpoint << std::min(common - 1, kMost);
    return {same == shorter ? Alike::begins : Alike::unknown, same};
}

}  // namespace

std::pair<Fate, std::string> fate_of(const Carried& here, const Carried& there) {
    const auto [up, same_up] = compare(here.up, there.up, here.ended.has_value());
    const auto [down, same_down] = compare(there.down, here.down, there.ended.has_value());
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
        if (!here.server)
            return {Fate::incomplete,
                    "no ServerHello was read, so there was no session, or nobody knows who can "
                    "read it"};
        if (!here.readable.empty()) return {Fate::readable, here.readable};
        if (!tells_who_reads(here.server))
            return {Fate::incomplete,
                    "its handshake was not read to its end, so nobody knows whether a ticket's key "
                    "opens it"};
        return {Fate::passed, ""};
    }
    const std::string known = fmt::format(
        "the first {} bytes up and {} down are the same, of {} and {} here and {} and {} there",
        same_up, same_down, here.up.all.bytes, here.down.all.bytes, there.up.all.bytes,
        there.down.all.bytes);
    if (one && !here.readable.empty()) return {Fate::readable, here.readable};
    // Both hellos are the same, so the keys are those of the two ends alone, and nobody in between
    // reads what came before the cut, compared or not. Below TLS 1.3 who has the service's key can
    // pass on the start of a handshake and end it himself, and a checkpoint may lie in that start.
    if (one) return {Fate::cut, "nobody else has its keys; " + known};
    return {Fate::incomplete, "too little of it can be compared: " + known};
}

namespace {

/// The records of the service's side, by hello and, of those that nobody has claimed, by name.
class Services {
  public:
    explicit Services(std::span<const WitnessRecord> records) : records_(records) {
        for (const WitnessRecord& record : records) {
            for (const Carried& session : record.sessions) {
                by_hello_[session.hello].enter(&session);
            }
        }
    }

    /// The session with the hello of `here` that is most like it, which nobody else gets. Where
    /// many began with one hello, its twin has the same ServerHello.
    const Carried* claim(const Carried& here) {
        const auto found = by_hello_.find(here.hello);
        if (found == by_hello_.end()) return nullptr;
        if (!found->second.many) return std::exchange(found->second.one, nullptr);
        Many& many = *found->second.many;
        if (many.few.size() > kFew) many.split();
        if (many.by_answer.empty()) return take_most_alike(here, many.few);
        auto alike = many.by_answer.find(answer_of(here));
        if (alike == many.by_answer.end()) alike = many.by_answer.find(Digest{});
        if (alike == many.by_answer.end()) alike = many.by_answer.begin();
        const Carried* const taken = take_most_alike(here, alike->second);
        if (alike->second.empty()) many.by_answer.erase(alike);
        return taken;
    }

    void index_strangers() {
        const auto enter = [&](const Carried* session) {
            strangers_[session->sni].emplace(session->began, session);
        };
        for (const auto& [hello, group] : by_hello_) {
            if (group.one) enter(group.one);
            if (!group.many) continue;
            std::ranges::for_each(group.many->few, enter);
            for (const auto& [answer, sessions] : group.many->by_answer) {
                std::ranges::for_each(sessions, enter);
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
        const bool later =
            at != sessions.end() && (!here.ended || at->first <= *here.ended + kSkew);
        const bool before = at != sessions.begin() && std::prev(at)->first + kSkew >= here.began;
        if (!later && !before) return nullptr;
        if (!later || (before && here.began - std::prev(at)->first < at->first - here.began)) --at;
        const Carried* const taken = at->second;
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

    /// Why a connection may be missing though it was there; empty: every record would have it, by
    /// clocks that differ by `skew`.
    std::string gap(const Carried& here, std::chrono::milliseconds skew) const {
        if (here.given_up) return "its client gave it up before anything came back";
        for (const WitnessRecord& record : records_) {
            if (record.lost > 0)
                return fmt::format("{} lost {} connections", record.name, record.lost);
            if (std::string why = unwatched(record, here, skew); !why.empty()) return why;
            const auto unread = std::ranges::lower_bound(record.unread, here.began - kSkew);
            if (unread != record.unread.end() && here.ended && *unread <= *here.ended + kSkew)
                return fmt::format("{} found no ClientHello in a connection of that time",
                                   record.name);
        }
        return "";
    }

  private:
    static constexpr std::size_t kFew = 16;
    using Sessions = std::vector<const Carried*>;
    struct Many {
        Sessions few;
        std::unordered_map<Digest, Sessions, DigestHash> by_answer;  // when they are more

        void split() {
            for (const Carried* session : std::exchange(few, {})) {
                by_answer[answer_of(*session)].push_back(session);
            }
        }
    };
    /// Those with one hello: a client says it once, but whoever wants to may say it again.
    struct Group {
        const Carried* one = nullptr;
        std::unique_ptr<Many> many;  // in its place

        void enter(const Carried* session) {
            if (!one && !many) {
                one = session;
                return;
            }
            if (!many) many = std::make_unique<Many>();
            if (one) many->few.push_back(std::exchange(one, nullptr));
            many->few.push_back(session);
        }
    };
    /// Why `record` need not have it, whatever else it lost; empty: it was there all the while.
    static std::string unwatched(const WitnessRecord& record, const Carried& here,
                                 std::chrono::milliseconds skew) {
        const auto within = [&](const auto& run) {
            return run.first + skew <= here.began && here.ended && *here.ended + skew <= run.second;
        };
        if (std::ranges::any_of(record.earlier, within)) return "";
        if (!record.since || *record.since + skew > here.began) {
            return record.earlier.empty()
                       ? fmt::format("{} begins later, or hardly before it", record.name)
                       : fmt::format("{} was not written all the while", record.name);
        }
        if (!here.ended) return "it is still open";
        if (!record.until)
            return fmt::format("{} goes on, so what is still open is not in it", record.name);
        if (*record.until < *here.ended + skew)
            return fmt::format("{} ends before it, or hardly behind it", record.name);
        return "";
    }
    /// The ServerHello's; nobody's when there was none.
    static Digest answer_of(const Carried& session) {
        return session.server ? session.server->hello_sha256 : Digest{};
    }
    /// Equal bytes before all else.
    static std::pair<bool, Fate> unlikeness(const Carried& here, const Carried& there) {
        if (here.up.all == there.up.all && here.down.all == there.down.all)
            return {false, Fate::passed};
        return {true, fate_of(here, there).first};
    }
    /// Of the latest few.
    static const Carried* take_most_alike(const Carried& here, Sessions& sessions) {
        if (sessions.empty()) return nullptr;
        std::size_t best = sessions.size() - 1;
        const std::size_t end = sessions.size() - std::min(sessions.size(), kFew);
        auto least = unlikeness(here, *sessions[best]);
        for (std::size_t at = best; at > end && least.first; --at) {
            const auto other = unlikeness(here, *sessions[at - 1]);
            if (other >= least) continue;
            best = at - 1;
            least = other;
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
        // Where another one for that name came instead, at that time, the clocks agree so far.
        const std::chrono::milliseconds skew = stranger ? std::chrono::milliseconds(0) : kSkew;
        if (std::string gap = services.gap(*matched.session, skew); !gap.empty()) {
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
    all.goes_on = !client.until || client.broke_off;
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
