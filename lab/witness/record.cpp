#include "lab/witness/record.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <ranges>
#include <utility>

#include "lab/core/boxed.h"
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
        : record_(record), opening_(std::make_unique<Opening>(connection)) {}
    ~Watched() override { record_.forget(*this); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void up(Bytes bytes) override { take(up_, &Handshake::up, bytes); }
    void down(Bytes bytes) override { take(down_, &Handshake::down, bytes); }
    void finished_first() override { left_ = down_.bytes() == 0; }

    void ended(const router::SessionRecord& connection) noexcept override {
        try {
            finish(connection);
            Record::Kept kept{began_, hello_, seen_};
            if (record_.on_end_) record_.on_end_(seen_.unpacked());
            record_.keep(*this, std::move(kept));
        } catch (const std::exception&) {
            return;  // no memory to remember it: forget() makes the record incomplete
        }
    }

    Moment began() const { return began_; }
    /// Nothing more is looked for.
    void look_away() {
        const std::lock_guard lock(mutex_);
        if (opening_) close_opening();
    }
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
    /// What is known of it while more can be learnt of its handshake: most are asked for nothing
    /// then.
    struct Opening {
        std::uint64_t id = 0;
        Endpoint client;
        Boxed<Endpoint> proxy_source;
        Handshake handshake;

        explicit Opening(const router::SessionRecord& connection)
            : id(connection.id), client(connection.client), proxy_source(connection.proxy_source) {}
        WitnessedSession told(Moment began, const Ja4Of& ja4) const {
            WitnessedSession session{.id = id, .peer = to_string(client)};
            if (proxy_source) session.proxy_source = to_string(*proxy_source);
            session.began = began;
            session.client_end = session.service_end = to_string(net::Ending::open);
            handshake.tell(session, ja4);
            return session;
        }
    };
    /// All of it, once; others may still ask.
    void finish(const router::SessionRecord& connection) {
        const std::lock_guard lock(mutex_);
        if (opening_) close_opening();
        seen_.end(now(), up_.finish(), down_.finish(),
                  std::string(left_ && connection.client_end == net::Ending::finished
                                  ? proof::kLeft
                                  : to_string(connection.client_end)),
                  std::string(connection.connected ? to_string(connection.backend_end)
                                                   : to_string(connection.outcome)));
        finished_ = true;
    }
    WitnessedSession brief() const {
        if (!opening_) return seen_.unpacked();
        return opening_->told(began_, [this](Bytes message) { return record_.ja4_of(message); });
    }
    void close_opening() {
        const WitnessedSession session = brief();
        hello_ = hello_of(session);
        seen_ = PackedSession(session);
        opening_.reset();
    }
    void take(Digested& digest, void (Handshake::*look)(Bytes), Bytes bytes) {
        constexpr std::size_t kSmall = 8u << 10;  // nobody counts those
        const std::size_t held = look_at(digest, look, bytes);
        if (held <= kSmall && !counted_) return;
        counted_ = held > kSmall;
        record_.hold(*this, counted_ ? held : 0);
    }
    /// Gives how much is held for a hello then.
    std::size_t look_at(Digested& digest, void (Handshake::*look)(Bytes), Bytes bytes) {
        const std::lock_guard lock(mutex_);
        digest.add(bytes);
        if (!opening_) return 0;
        Handshake& handshake = opening_->handshake;
        (handshake.*look)(bytes);
        if (!handshake.done()) return handshake.held();
        close_opening();
        return 0;
    }

    friend class Record;
    Record& record_;
    bool counted_ = false;     // by its own thread
    bool left_ = false;        // by its own thread, too
    std::size_t stalled_ = 0;  // by the record, under its lock
    std::list<Watched*>::iterator place_;
    const Moment began_ = now();
    mutable std::mutex mutex_;
    std::unique_ptr<Opening> opening_;  // until all of its handshake is known
    PackedSession seen_;                // from then on, but for its end
    std::optional<Digest> hello_;       // from then on
    Digested up_;
    Digested down_;
    bool finished_ = false;  // its digests are in seen_
};

Record::Record(std::size_t keep, std::function<void(WitnessedSession)> on_end,
               std::size_t max_stalled)
    : keep_(keep), on_end_(std::move(on_end)), complete_since_(now()), max_stalled_(max_stalled) {}

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
    release(watched);
    watched.leave();
    --open_count_;
    ++let_go_;
    complete_since_ = std::max(complete_since_, watched.began() + std::chrono::milliseconds(1));
}

void Record::hold(Watched& watched, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes == 0) return release(watched);
    if (watched.stalled_ == 0) watched.place_ = stalled_.insert(stalled_.end(), &watched);
    stalled_bytes_ += bytes - std::exchange(watched.stalled_, bytes);
    while (stalled_bytes_ > max_stalled_) {
        Watched& oldest = *stalled_.front();
        release(oldest);
        oldest.look_away();
    }
}

void Record::release(Watched& watched) noexcept {
    if (watched.stalled_ == 0) return;
    assert(stalled_bytes_ >= watched.stalled_ && "its bytes are among those of all");
    stalled_bytes_ -= std::exchange(watched.stalled_, 0);
    stalled_.erase(watched.place_);
}

std::string Record::ja4_of(Bytes message) {
    const std::lock_guard lock(fingerprints_mutex_);
    return fingerprints_.of(message);
}

void Record::keep(Watched& watched, Kept kept) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(kept));
    release(watched);
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
        if (!hello) {
            if (said.time - began <= question.within && whole().up.all.bytes > 0) ++said.unread;
            return;
        }
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
    each_session([&](const WitnessedSession& one) { all.push_back(one); });
    return all;
}

/// Connections wait for the lock, so that no more is done under it than to copy what is packed.
Record::Snapshot Record::snapshot() const {
    Snapshot taken;
    const std::lock_guard lock(mutex_);
    taken.figures = figures_now();
    taken.sessions.reserve(open_count_ + kept_.size());
    for (const Watched* one = open_.next(); one; one = one->next()) {
        taken.sessions.emplace_back(one->so_far());
    }
    for (const Kept& one : kept_ | std::views::reverse) {
        taken.sessions.push_back(one.session);
    }
    return taken;
}

void Record::each_session(const std::function<void(const WitnessedSession&)>& visit) const {
    const Snapshot taken = snapshot();
    for (const PackedSession& one : taken.sessions) {
        visit(one.unpacked());
    }
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
    return figures_now();
}

Record::Figures Record::figures_now() const {
    return {.open = open_count_,
            .stalled_bytes = stalled_bytes_,
            .kept = kept_.size(),
            .keep = keep_,
            .let_go = let_go_,
            .complete_since = complete_since_,
            .time = now()};
}

}  // namespace sni::witness
