#include "lab/proof/match/services.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "lab/core/duration.h"

namespace sni::proof {

namespace {

/// Of those with one hello, and one answer, so many are looked at.
constexpr std::size_t kFew = 16;

/// The ServerHello's; nobody's when there was none.
Digest answer_of(const Carried& session) {
    return session.server ? session.server->hello_sha256 : Digest{};
}

/// Equal bytes before all else.
std::pair<bool, Fate> unlikeness(const Carried& here, const Carried& there) {
    if (here.up.all == there.up.all && here.down.all == there.down.all)
        return {false, Fate::passed};
    return {true, fate_of(here, there).first};
}

/// Of the latest few.
const Carried* take_most_alike(const Carried& here, std::vector<const Carried*>& sessions) {
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

std::size_t count_of(std::span<const WitnessRecord> records) {
    std::size_t count = 0;
    for (const WitnessRecord& record : records) {
        count += record.sessions.size();
    }
    return count;
}

const Digest& server_hello(const Carried& session) {
    static const Digest kNone{};
    return session.server ? session.server->hello_sha256 : kNone;
}

/// Of those with a ServerHello.
struct CarriedHash {
    std::size_t operator()(const Carried* session) const {
        std::size_t hash = 0;
        for (const Digest* digest : {&session->hello, &session->up.all.sha256,
                                     &session->down.all.sha256, &server_hello(*session)}) {
            hash = hash * 31 + std::hash<std::string_view>()(as_text(*digest));
        }
        return hash;
    }
};
struct CarriedAlike {
    bool operator()(const Carried* one, const Carried* other) const {
        return one->hello == other->hello && one->up.all == other->up.all &&
               one->down.all == other->down.all && server_hello(*one) == server_hello(*other);
    }
};

bool has(const WitnessRecord& record, const Carried& session) {
    const Carried* const begin = record.sessions.data();
    const std::less<const Carried*> before;
    return !before(&session, begin) && before(&session, begin + record.sessions.size());
}

/// When something was, by a record's clock.
struct When {
    Moment began;
    std::optional<Moment> ended;
};
/// `ahead`: so far that clock is before the one of `here`.
When by_clock(const Carried& here, std::chrono::milliseconds ahead) {
    When when{.began = here.began + ahead, .ended = here.ended};
    if (when.ended) *when.ended += ahead;
    return when;
}

bool any_of_that_time(const std::vector<Moment>& moments, const When& when) {
    const auto first = std::ranges::lower_bound(moments, when.began - kClockSkew);
    return first != moments.end() && when.ended && *first <= *when.ended + kClockSkew;
}

/// Why `record` need not have it, whatever else it lost; empty: it was there all the while.
std::string unwatched(const WitnessRecord& record, const When& here,
                      std::chrono::milliseconds skew) {
    const auto within = [&](const auto& run) {
        return run.first + skew <= here.began && here.ended && *here.ended + skew <= run.second;
    };
    if (record.mixed) {
        return fmt::format("more than one witness wrote {}: name the log of each by itself",
                           record.name);
    }
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

}  // namespace

std::size_t each_once(std::span<const WitnessRecord> records,
                      const std::function<void(const Carried&)>& each) {
    std::size_t again = 0;
    std::unordered_set<const Carried*, CarriedHash, CarriedAlike> known;
    known.reserve(count_of(records));
    for (const WitnessRecord& record : records) {
        for (const Carried& session : record.sessions) {
            if (session.server && !known.insert(&session).second) {
                ++again;
            } else {
                each(session);
            }
        }
    }
    return again;
}

Services::Services(std::span<const WitnessRecord> records)
    : records_(records), ahead_(records.size()) {
    by_hello_.reserve(count_of(records));
    each_once(records, [&](const Carried& session) { by_hello_[session.hello].enter(&session); });
}

void Services::Many::split() {
    for (const Carried* session : std::exchange(few, {})) {
        by_answer[answer_of(*session)].push_back(session);
    }
}

void Services::Group::enter(const Carried* session) {
    if (!one && !many) {
        one = session;
        return;
    }
    if (!many) many = std::make_unique<Many>();
    if (one) many->few.push_back(std::exchange(one, nullptr));
    many->few.push_back(session);
}

const Carried* Services::claim(const Carried& here) {
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

namespace {

bool ends_before(const Carried* one, const Carried* other) {
    return one->ended && (!other->ended || *one->ended < *other->ended);
}

}  // namespace

void Services::Strangers::index() {
    all.reserve(free.size());
    last_to_end.reserve(free.size());
    for (const auto& [began, session] : free) {
        all.push_back(session);
        const bool later = last_to_end.empty() || ends_before(last_to_end.back(), session);
        last_to_end.push_back(later ? session : last_to_end.back());
    }
}

/// The one that began closest to it.
const Carried* Services::Strangers::take_beside(const Carried& here) {
    auto at = free.lower_bound(here.began);
    const bool later = at != free.end() && (!here.ended || at->first <= *here.ended + kClockSkew);
    const bool before = at != free.begin() && std::prev(at)->first + kClockSkew >= here.began;
    if (!later && !before) return nullptr;
    if (!later || (before && here.began - std::prev(at)->first < at->first - here.began)) --at;
    const Carried* const taken = at->second;
    free.erase(at);
    return taken;
}

/// Of those that began before it ended the last one to end.
const Carried* Services::Strangers::take_open(const Carried& here) {
    const auto behind =
        here.ended ? std::ranges::upper_bound(all, *here.ended + kClockSkew, {}, &Carried::began)
                   : all.end();
    if (behind == all.begin()) return nullptr;
    const Carried* const last = last_to_end[static_cast<std::size_t>(behind - all.begin()) - 1];
    if (last->ended && *last->ended + kClockSkew < here.began) return nullptr;
    const auto [first, end] = free.equal_range(last->began);
    const auto at = std::find_if(first, end, [&](const auto& one) { return one.second == last; });
    if (at != end) free.erase(at);
    return last;
}

void Services::index_strangers() {
    const auto enter = [&](const Carried* session) {
        strangers_[session->sni].free.emplace(session->began, session);
    };
    for (const auto& [hello, group] : by_hello_) {
        if (group.one) enter(group.one);
        if (!group.many) continue;
        std::ranges::for_each(group.many->few, enter);
        for (const auto& [answer, sessions] : group.many->by_answer) {
            std::ranges::for_each(sessions, enter);
        }
    }
    for (auto& [name, strangers] : strangers_) {
        strangers.index();
    }
}

Stranger Services::take_stranger(const Carried& here) {
    const auto found = strangers_.find(here.sni);
    if (!here.server || found == strangers_.end()) return {};
    if (const Carried* beside = found->second.take_beside(here)) return {beside, true};
    return {found->second.take_open(here)};
}

std::size_t Services::strangers() const {
    std::size_t count = 0;
    for (const auto& [name, strangers] : strangers_) {
        count += strangers.free.size();
    }
    return count;
}

/// A gateway may dial before a client comes, or long behind it, so that the least difference says
/// most.
void Services::compare_clocks(const Carried& here, const Carried& there) {
    const auto at = std::ranges::find_if(
        records_, [&](const WitnessRecord& record) { return has(record, there); });
    if (at == records_.end()) return;
    const std::chrono::milliseconds ahead = there.began - here.began;
    auto& least = ahead_[static_cast<std::size_t>(at - records_.begin())];
    if (!least || std::chrono::abs(ahead) < std::chrono::abs(*least)) least = ahead;
}

std::string Services::gap(const Carried& here, std::chrono::milliseconds skew) const {
    if (here.given_up) return "its client gave it up before anything came back";
    for (std::size_t at = 0; at < records_.size(); ++at) {
        const WitnessRecord& record = records_[at];
        const auto& ahead = ahead_[at];
        if (ahead && std::chrono::abs(*ahead) > kClockSkew) {
            return fmt::format(
                "the clocks of {} and of the clients' record differ by {} in what "
                "both have",
                record.name, sni::to_string(std::chrono::abs(*ahead)));
        }
        if (record.lost > 0) return fmt::format("{} lost {} connections", record.name, record.lost);
        const When there = by_clock(here, ahead.value_or(std::chrono::milliseconds(0)));
        if (std::string why = unwatched(record, there, skew); !why.empty()) return why;
        if (any_of_that_time(record.unread, there))
            return fmt::format("{} found no ClientHello in a connection of that time", record.name);
        if (!here.server && any_of_that_time(record.unreached, there))
            return fmt::format("the service of {} took no connection then", record.name);
    }
    return "";
}

}  // namespace sni::proof
