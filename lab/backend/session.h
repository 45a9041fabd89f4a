// One client connection, from accept to close: handshake, requests in order, answers. Whoever holds
// it calls advance() when its socket is ready, and is told what it waits for next. For .cpp files
// only.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/backend/activity.h"
#include "lab/backend/backend.h"
#include "lab/backend/channel/proxy_preface.h"
#include "lab/backend/channel/tls_channel.h"
#include "lab/backend/outgoing.h"
#include "lab/backend/tls_context.h"
#include "lab/backend/worker_pool.h"
#include "lab/http/request_reader.h"
#include "lab/httpbin/exchange.h"
#include "lab/net/current.h"
#include "lab/web/answer_writer.h"

namespace sni::backend {

/// What a connection is served with from beginning to end: a reload makes another one, for those
/// that come later.
struct Serving {
    SslContextPtr tls;
    httpbin::Site site;
};

/// The one that new connections get.
using CurrentServing = net::Current<Serving>;

/// What all sessions of a listener share; it outlives them.
struct Service {
    bool plain = false;  ///< without TLS
    const CurrentServing& serving;
    const web::AnswerWriter& writer;
    WorkerPool& workers;
    Activity& activity;
    Limits limits;
    std::function<void(std::string_view)> access_log;
    std::optional<http::Fault> fault;   ///< what becomes of every connection
    std::chrono::milliseconds slow{0};  ///< before every answer
    std::atomic<bool> stopping{false};  ///< answers close their connections
    std::vector<Cidr> accept_proxy;     ///< Options::accept_proxy
    std::atomic<std::size_t>& held;     ///< by requests and answers of all of them
};

class Session {
  public:
    using Clock = std::chrono::steady_clock;

    Session(net::PlainStream socket, Endpoint peer, Service& service);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// What the session needs before it can go on, `read` also where it is only its deadline;
    /// `again` when other sessions should have a turn first.
    enum class Next { read, write, again, close };
    /// How long a client that was told goodbye may take to hear it.
    static constexpr std::chrono::milliseconds kDrain{2000};

    /// Goes as far as the bytes that are there allow; on a worker. Never waits. Before it wants to
    /// `read` it has found that there is nothing more, or will look for more by itself.
    Next advance();

    /// When it has waited long enough; then expire() tells whether one more advance() is wanted, to
    /// say so to the client or to go on with an answer, or the session can be closed.
    Clock::time_point deadline() const { return deadline_; }
    bool expire();
    /// True between requests, when it can be closed without breaking anything.
    bool idle() const { return phase_ == Phase::idle; }
    /// True when it should be let finish: a request has begun to arrive, or its answer is not out.
    bool busy() const;
    /// Memory that a ClientHello takes that is not whole, all that is kept for its client, or one
    /// that is uncommonly long, until its handshake is done; 0: no such thing.
    std::size_t waiting_hello() const;
    /// Its hello has to go, before it is closed.
    void crowd_out() { crowded_out_ = true; }

    int fd() const { return channel_->fd(); }
    /// Says goodbye, close_notify and FIN, without waiting. An answer that is not out whole is not
    /// made to look so.
    void finish() noexcept;
    /// Something went wrong here: what was sent must not look whole.
    void abandon() { channel_->reset_on_close(); }

  private:
    enum class Phase {
        handshake,
        serving,
        idle,
        head,
        body,
        waiting,  ///< for the time that an answer is due
        sending,  ///< the client has yet to take some of it
        talking,
        hanging,
        leaving,  ///< there is no room for its goodbye
        draining,
    };
    /// Requests served in a row while others wait.
    static constexpr int kTurn = 32;
    static constexpr int kTooLarge = 413;

    /// A request that is being answered.
    struct Answering {
        web::Delivery delivery;
        http::Response response;  ///< until it is due
        std::optional<Outgoing> out;
        Clock::time_point began;
        std::string failure;  ///< why the handler did not answer, for the log
    };

    Next step();
    void believe(const proxy::Header& header);
    Next handshake();
    void report(SeenSession::Outcome outcome, std::string reason = {});
    Next serve();
    void begin(http::Incoming incoming);
    std::optional<Next> answer();
    Next rest_until(Clock::time_point when);
    Next wait_to_send(Io io);
    std::optional<Next> end_answer(bool whole);
    Next converse();
    void hear(std::string_view bytes);
    void forget_conversation();
    Io send_unsent();
    Next fail(http::Fault fault);
    void refuse(const http::Refusal& refusal);
    void refuse_over_held();
    void end_with(int status, std::string_view detail);
    Next cut();
    Next drain();
    Next leave();
    Next discard();
    void enter(Phase phase, std::chrono::milliseconds limit);
    std::size_t hellos_held() const;
    bool too_much_held();
    void account();
    void log_failure(std::string_view reason, Bytes came) const;
    void log(const Answering& answering, int status, std::size_t bytes, bool whole) const;

    Service& service_;
    std::shared_ptr<const Serving> serving_;
    std::unique_ptr<Channel> channel_;
    TlsChannel* tls_ = nullptr;            ///< the channel, when it is one with TLS
    std::optional<ProxyPreface> preface_;  ///< until the header is read that this peer must send
    std::optional<SeenSession> seen_;      ///< as it was last reported
    std::uint64_t seen_number_ = 0;        ///< in RecentSessions
    httpbin::Connection connection_;
    http::RequestReader reader_;
    std::unique_ptr<Answering> answering_;  ///< one at a time
    std::string unsent_;                    ///< what is said outside of answers
    std::size_t unsent_at_ = 0;             ///< of it, what was sent
    http::Conversation conversation_;       ///< there: no more requests
    std::string farewell_;                  ///< Response::farewell
    std::size_t conversation_held_ = 0;     ///< Reply::held
    bool last_word_ = false;                ///< the conversation ends when unsent_ is out
    bool stalled_ = false;                  ///< the client takes no bytes
    Phase phase_ = Phase::handshake;
    Clock::time_point deadline_;
    bool expired_ = false;
    bool crowded_out_ = false;
    std::size_t counted_ = 0;  ///< in Service::held
};

}  // namespace sni::backend
