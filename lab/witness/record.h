// What a witness remembers: every connection that is open, and the latest of those that ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "certs/digest.h"
#include "lab/net/linked.h"
#include "lab/proof/witness.h"
#include "lab/router/router.h"
#include "lab/tls/ja4_memo.h"
#include "lab/witness/packed_session.h"

namespace sni::witness {

class Watched;

/// From any thread. Outlives the observers that it makes.
class Record {
  public:
    /// Keeps the latest `keep` of those that ended. `on_end` gets each of them, if it is set, on
    /// the connection's thread, and must not block. Large hellos that are not whole hold
    /// `max_stalled` bytes together, or the oldest of them is read no further; its bytes pass on.
    explicit Record(std::size_t keep, std::function<void(proof::WitnessedSession)> on_end = {},
                    std::size_t max_stalled = 64u << 20);
    ~Record();
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    /// For router::Options::observe.
    std::unique_ptr<router::Observer> watch(const router::SessionRecord& connection);

    /// What there is to say of that; `witness` is its name.
    proof::WitnessStatement answer(const proof::WitnessQuestion& question,
                                   const std::string& witness) const;
    /// All that is remembered: those that are open, then those that ended, the latest first.
    std::vector<proof::WitnessedSession> sessions() const;
    /// The same one by one, in much less memory.
    void each_session(const std::function<void(const proof::WitnessedSession&)>& visit) const;

    struct Figures {
        std::size_t open = 0;
        std::size_t stalled_bytes = 0;  ///< of large hellos that are not whole
        std::size_t kept = 0;
        std::size_t keep = 0;
        std::uint64_t let_go = 0;
        proof::Moment complete_since;
        proof::Moment time;  ///< by the witness's clock
    };
    Figures figures() const;

    /// What it remembers at one moment, as sessions() has them, and the figures of that moment.
    struct Snapshot {
        Figures figures;
        std::vector<PackedSession> sessions;
    };
    Snapshot snapshot() const;

  private:
    /// With the lock.
    Figures figures_now() const;
    friend class Watched;
    /// One that ended, with what it is looked for by.
    struct Kept {
        proof::Moment began;
        std::optional<Digest> hello;  ///< nothing: none was read
        PackedSession session;
    };
    void forget(Watched& watched) noexcept;
    void keep(Watched& watched, Kept kept);
    /// `bytes` are held for its hello now; the thread of `watched` says so, without its lock.
    void hold(Watched& watched, std::size_t bytes);
    void release(Watched& watched) noexcept;
    /// tls::ja4(), of which the usual clients' are remembered.
    std::string ja4_of(Bytes message);

    const std::size_t keep_;
    const std::function<void(proof::WitnessedSession)> on_end_;

    std::mutex fingerprints_mutex_;  // nothing else is taken while it is held
    tls::Ja4Memo fingerprints_{certs::sha256};

    mutable std::mutex mutex_;
    // From here on guarded by mutex_; it is taken before a Watched's own.
    net::ListHead<Watched> open_;
    std::size_t open_count_ = 0;
    std::deque<Kept> kept_;  // the latest at the end
    std::uint64_t let_go_ = 0;
    proof::Moment complete_since_;
    const std::size_t max_stalled_;
    std::size_t stalled_bytes_ = 0;
    std::list<Watched*> stalled_;  // the oldest first
};

/// Of a router in this process that stands as a witness before `to`, on a free port of loopback.
/// `record` outlives it.
router::Options relay(const Endpoint& to, Record& record);

}  // namespace sni::witness
