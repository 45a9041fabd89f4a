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
class Watched final : public router::Observer {
  public:
    Watched(Record& record, std::uint64_t id, const router::SessionRecord& connection)
        : record_(record), handshake_(std::make_unique<Handshake>()) {
        seen_.id = id;
        seen_.peer = to_string(connection.client);
        if (connection.proxy_source) seen_.proxy_source = to_string(*connection.proxy_source);
        seen_.began = now();
        seen_.client_end = seen_.service_end = to_string(net::Ending::open);
    }
    ~Watched() override { record_.forget(*this); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void up(Bytes bytes) override { take(up_, &Handshake::up, bytes); }
    void down(Bytes bytes) override { take(down_, &Handshake::down, bytes); }

    void ended(const router::SessionRecord& connection) noexcept override {
        try {
            WitnessedSession session = finish();
            session.ended = now();
            session.client_end = to_string(connection.client_end);
            session.service_end = connection.connected ? to_string(connection.backend_end)
                                                       : to_string(connection.outcome);
            if (record_.on_end_) record_.on_end_(session);
            record_.keep(*this, std::move(session));
        } catch (const std::exception&) {
            return;  // no memory to remember it: forget() makes the record incomplete
        }
    }

    std::uint64_t id() const { return seen_.id; }
    Moment began() const { return seen_.began; }
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

  private:
    /// As so_far() without copies of the digests, which end here; others may still ask.
    WitnessedSession finish() {
        const std::lock_guard lock(mutex_);
        if (handshake_) handshake_->tell(seen_);
        handshake_.reset();
        finished_ = true;
        seen_.up = up_.finish();
        seen_.down = down_.finish();
        return seen_;
    }
    WitnessedSession brief() const {
        WitnessedSession session = seen_;
        if (handshake_) handshake_->tell(session);
        return session;
    }
    void take(Digested& digest, void (Handshake::*look)(Bytes), Bytes bytes) {
        const std::lock_guard lock(mutex_);
        digest.add(bytes);
        if (!handshake_) return;
        (*handshake_.*look)(bytes);
        if (!handshake_->done()) return;
        handshake_->tell(seen_);
        handshake_.reset();
    }

    Record& record_;
    mutable std::mutex mutex_;
    WitnessedSession seen_;  // but for its digests, until it has ended
    Digested up_;
    Digested down_;
    std::unique_ptr<Handshake> handshake_;  // until it is done
    bool finished_ = false;                 // its digests are in seen_
};

Record::Record(std::size_t keep, std::function<void(const WitnessedSession&)> on_end)
    : keep_(keep), on_end_(std::move(on_end)), complete_since_(now()) {}

Record::~Record() = default;

std::unique_ptr<router::Observer> Record::watch(const router::SessionRecord& connection) {
    auto watched = std::make_unique<Watched>(*this, connection.id, connection);
    const std::lock_guard lock(mutex_);
    open_.emplace(watched->id(), watched.get());
    return watched;
}

/// Whoever was not kept before is not remembered at all.
void Record::forget(const Watched& watched) noexcept {
    const std::lock_guard lock(mutex_);
    if (open_.erase(watched.id()) == 0) return;
    ++let_go_;
    complete_since_ = std::max(complete_since_, watched.began() + std::chrono::milliseconds(1));
}

void Record::keep(const Watched& watched, WitnessedSession session) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(session));
    open_.erase(watched.id());
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
    /// `whole` gives the session with its digests.
    const auto look_at = [&](const WitnessedSession& session, const auto& whole) {
        if (session.hellos.empty()) return;
        const Digest& hello = session.hellos.front().sha256;
        if (hello == question.hello_sha256) {
            ++said.matching;
            if (said.sessions.size() < said.kSessions) said.sessions.push_back(whole());
        } else if (session.sni == question.sni && said.time - session.began <= question.within) {
            ++said.other_hellos;
            if (said.others.size() < said.kOthers)
                said.others.push_back({session.began, session.peer, session.ja4, hello});
        }
    };
    for (const auto& [id, watched] : open_) {
        look_at(watched->hello(), [watched] { return watched->so_far(); });
    }
    for (const WitnessedSession& session : kept_ | std::views::reverse) {
        look_at(session, [&] { return session; });
    }
    return said;
}

std::vector<WitnessedSession> Record::sessions() const {
    std::vector<WitnessedSession> all;
    const std::lock_guard lock(mutex_);
    all.reserve(open_.size() + kept_.size());
    for (const auto& [id, watched] : open_) {
        all.push_back(watched->so_far());
    }
    all.insert(all.end(), kept_.rbegin(), kept_.rend());
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
    return {.open = open_.size(),
            .kept = kept_.size(),
            .keep = keep_,
            .let_go = let_go_,
            .complete_since = complete_since_,
            .time = now()};
}

}  // namespace sni::witness
