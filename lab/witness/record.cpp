#include "lab/witness/record.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include "lab/witness/clock.h"
#include "lab/witness/digested.h"
#include "lab/witness/handshake.h"

namespace sni::witness {

using proof::Moment;
using proof::WitnessedSession;

/// One connection while it is open. Its thread adds to it, and whoever asks reads.
class Watched final : public router::Observer, public net::Linked<Watched> {
  public:
    Watched(Record& record, const router::SessionRecord& connection)
        : record_(record),
          seen_(begun(connection, began_)),
          handshake_(std::make_unique<Handshake>()) {}
    ~Watched() override { record_.forget(*this); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void up(Bytes bytes) override { take(up_, &Handshake::up, bytes); }
    void down(Bytes bytes) override { take(down_, &Handshake::down, bytes); }

    void ended(const router::SessionRecord& connection) noexcept override {
        try {
            WitnessedSession session = finish(connection);
            Record::Kept kept{began_, hello_of(session), seen_};
            if (record_.on_end_) record_.on_end_(std::move(session));
            record_.keep(*this, std::move(kept));
        } catch (const std::exception&) {
            return;  // no memory to remember it: forget() makes the record incomplete
        }
    }

    Moment began() const { return began_; }
    WitnessedSession so_far() const {
        const std::lock_guard lock(mutex_);
        WitnessedSession session = brief();
        if (finished_) return session;
        session.up = up_.so_far();
        session.down = down_.so_far();
        return session;
    }
    /// Without its digests, which cost time.
    WitnessedSession hello() const {
        const std::lock_guard lock(mutex_);
        return brief();
    }

    static std::optional<Digest> hello_of(const WitnessedSession& session) {
        if (session.hellos.empty()) return std::nullopt;
        return session.hellos.front().sha256;
    }

  private:
    static WitnessedSession begun(const router::SessionRecord& connection, Moment now) {
        WitnessedSession session{.id = connection.id, .peer = to_string(connection.client)};
        if (connection.proxy_source) session.proxy_source = to_string(*connection.proxy_source);
        session.began = now;
        session.client_end = session.service_end = to_string(net::Ending::open);
        return session;
    }
    /// All of it, once; others may still ask.
    WitnessedSession finish(const router::SessionRecord& connection) {
        const std::lock_guard lock(mutex_);
        WitnessedSession session = brief();
        session.up = up_.finish();
        session.down = down_.finish();
        session.ended = now();
        session.client_end = to_string(connection.client_end);
        session.service_end = connection.connected ? to_string(connection.backend_end)
                                                   : to_string(connection.outcome);
        seen_ = PackedSession(session);
        finished_ = true;
        handshake_.reset();
        return session;
    }
    WitnessedSession brief() const {
        WitnessedSession session = seen_.unpacked();
        if (handshake_) handshake_->tell(session);
        return session;
    }
    void take(Digested& digest, void (Handshake::*look)(Bytes), Bytes bytes) {
        const std::lock_guard lock(mutex_);
        digest.add(bytes);
        if (!handshake_) return;
        (*handshake_.*look)(bytes);
        if (!handshake_->done()) return;
        seen_ = PackedSession(brief());
        handshake_.reset();
    }

    Record& record_;
    const Moment began_ = now();
    mutable std::mutex mutex_;
    PackedSession seen_;  // but for its digests, until it has ended, and what handshake_ tells
    Digested up_;
    Digested down_;
    std::unique_ptr<Handshake> handshake_;  // until it is done
    bool finished_ = false;                 // its digests are in seen_
};

Record::Record(std::size_t keep, std::function<void(WitnessedSession)> on_end)
    : keep_(keep), on_end_(std::move(on_end)), complete_since_(now()) {}

Record::~Record() = default;

std::unique_ptr<router::Observer> Record::watch(const router::SessionRecord& connection) {
    auto watched = std::make_unique<Watched>(*this, connection);
    const std::lock_guard lock(mutex_);
    watched->enter(open_);
    ++open_count_;
    return watched;
}

/// Whoever was not kept before is not remembered at all.
void Record::forget(Watched& watched) noexcept {
    const std::lock_guard lock(mutex_);
    if (!watched.is_linked()) return;
    watched.leave();
    --open_count_;
    ++let_go_;
    complete_since_ = std::max(complete_since_, watched.began() + std::chrono::milliseconds(1));
}

void Record::keep(Watched& watched, Kept kept) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(kept));
    watched.leave();
    --open_count_;
    while (kept_.size() > keep_) {
        const Moment behind = kept_.front().began + std::chrono::milliseconds(1);
        complete_since_ = std::max(complete_since_, behind);
        kept_.pop_front();
        ++let_go_;
    }
}

proof::WitnessStatement Record::answer(const proof::WitnessQuestion& question,
                                       const std::string& witness) const {
    proof::WitnessStatement said{.question = question, .witness = witness};
    const std::lock_guard lock(mutex_);
    said.time = now();
    said.complete_since = complete_since_;
    said.let_go = let_go_;
    /// `brief` gives the session, and `whole` gives it with its digests.
    const auto look_at = [&](Moment began, const std::optional<Digest>& hello, const auto& brief,
                             const auto& whole) {
        if (!hello) return;
        if (*hello == question.hello_sha256) {
            ++said.matching;
            if (said.sessions.size() < said.kSessions) said.sessions.push_back(whole());
            return;
        }
        if (said.time - began > question.within) return;
        const WitnessedSession& other = brief();
        if (other.sni != question.sni) return;
        ++said.other_hellos;
        if (said.others.size() < said.kOthers)
            said.others.push_back({began, other.peer, other.ja4, *hello});
    };
    for (const Watched* one = open_.next(); one; one = one->next()) {
        const WitnessedSession session = one->hello();
        look_at(
            session.began, Watched::hello_of(session),
            [&]() -> const WitnessedSession& { return session; }, [&] { return one->so_far(); });
    }
    for (const Kept& one : kept_ | std::views::reverse) {
        const auto whole = [&] { return one.session.unpacked(); };
        look_at(one.began, one.hello, whole, whole);
    }
    return said;
}

std::vector<WitnessedSession> Record::sessions() const {
    std::vector<WitnessedSession> all;
    const std::lock_guard lock(mutex_);
    all.reserve(open_count_ + kept_.size());
    for (const Watched* one = open_.next(); one; one = one->next()) {
        all.push_back(one->so_far());
    }
    for (const Kept& one : kept_ | std::views::reverse) {
        all.push_back(one.session.unpacked());
    }
    return all;
}

router::Options relay(const Endpoint& to, Record& record) {
    router::Options options;
    options.listen = {loopback(0)};
    options.threads = 1;
    options.blind = true;
    options.non_tls = to;
    options.observe = [&record](const router::SessionRecord& connection) {
        return record.watch(connection);
    };
    return options;
}

Record::Figures Record::figures() const {
    const std::lock_guard lock(mutex_);
    return {.open = open_count_,
            .kept = kept_.size(),
            .keep = keep_,
            .let_go = let_go_,
            .complete_since = complete_since_,
            .time = now()};
}

}  // namespace sni::witness
