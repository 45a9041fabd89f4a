// One client connection, from accept to close: handshake, requests in order, answers. Whoever holds
// it calls advance() when its socket is ready, and is told what it waits for next. For .cpp files
// only.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/backend/activity.h"
#include "lab/backend/backend.h"
#include "lab/backend/exchange.h"
#include "lab/backend/lab_server.h"
#include "lab/backend/proxy_preface.h"
#include "lab/backend/request_reader.h"
#include "lab/backend/tls_channel.h"
#include "lab/backend/tls_context.h"
#include "lab/backend/worker_pool.h"

namespace sni::backend {

/// What a connection is served with from beginning to end: a reload makes another one, for those
/// that come later.
struct Serving {
    SslContextPtr tls;
    Site site;
};

/// The one that new connections get.
class CurrentServing {
  public:
    explicit CurrentServing(std::shared_ptr<const Serving> first) : current_(std::move(first)) {}

    std::shared_ptr<const Serving> get() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    void set(std::shared_ptr<const Serving> next) {
        const std::lock_guard lock(mutex_);
        current_.swap(next);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Serving> current_;
};

/// What all sessions of a listener share; it outlives them.
struct Service {
    bool plain = false;  ///< without TLS
    const CurrentServing& serving;
    LabServer& server;
    WorkerPool& workers;
    Activity& activity;
    Limits limits;
    std::function<void(std::string_view)> access_log;
    std::optional<Fault> fault;         ///< what becomes of every connection
    std::chrono::milliseconds slow{0};  ///< before every answer
    int interrupt;  ///< a descriptor that becomes readable when nobody is waited for any more
    std::atomic<bool> stopping{false};  ///< answers close their connections
    std::vector<Cidr> accept_proxy;     ///< Options::accept_proxy
};

class Session {
  public:
    using Clock = std::chrono::steady_clock;

    Session(net::Descriptor socket, Endpoint peer, Service& service);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// What the session needs before it can go on; `again` when other sessions should have a turn
    /// first.
    enum class Next { read, write, again, close };
    /// How long a client that was told goodbye may take to hear it.
    static constexpr std::chrono::milliseconds kDrain{2000};

    /// Goes as far as the bytes that are there allow; on a worker. Never waits for bytes from the
    /// client, but for handlers that take their time, and for the client to take its answer. Before
    /// it wants to `read` it has found that there is nothing more.
    Next advance();

    /// When it has waited long enough; then expire() tells whether one more advance() is wanted, to
    /// say so to the client, or the session can be closed.
    Clock::time_point deadline() const { return deadline_; }
    bool expire();
    /// True between requests, when it can be closed without breaking anything.
    bool idle() const { return phase_ == Phase::idle; }

    int fd() const { return channel_->fd(); }
    /// close_notify and FIN, without waiting.
    void finish() { channel_->finish(); }

  private:
    enum class Phase { handshake, serving, idle, head, body, talking, draining };

    void believe(const proxy::Header& header);
    Next shake_hands();
    void report(SeenSession::Outcome outcome, std::string reason = {});
    Next serve();
    bool serve_one(const Incoming& incoming);
    Next converse(const std::string& early);
    Next fail(Fault fault);
    void refuse(const Refusal& refusal);
    Next drain();
    Next discard();
    void enter(Phase phase, std::chrono::milliseconds limit);
    bool write(std::string_view bytes);
    bool wait_for(short events);
    void log(const Request* request, const Delivered& delivered, Clock::time_point began) const;

    Service& service_;
    std::shared_ptr<const Serving> serving_;
    std::unique_ptr<Channel> channel_;
    TlsChannel* tls_ = nullptr;            ///< the channel, when it is one with TLS
    std::optional<ProxyPreface> preface_;  ///< until the header is read that this peer must send
    std::optional<SeenSession> seen_;      ///< as it was last reported
    std::uint64_t seen_number_ = 0;        ///< in RecentSessions
    Connection connection_;
    RequestReader reader_;
    Conversation conversation_;  ///< there: no more requests
    std::optional<Fault> fault_;
    Phase phase_ = Phase::handshake;
    Clock::time_point deadline_;
    bool expired_ = false;
};

}  // namespace sni::backend
