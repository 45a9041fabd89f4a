// Clients of the backend that may do whatever clients do, in an order that the tape chooses, and
// the judge of what the sessions make of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/backend/activity.h"
#include "lab/backend/backend.h"
#include "tests/sim/backend/answers.h"
#include "tests/sim/backend/ask.h"
#include "tests/sim/backend/tls_client.h"
#include "tests/sim/kernel.h"

namespace sni::sim {

/// What a session waits for, as far as a client can know.
struct Stage {
    enum class Kind { handshake, nothing, head, body, answer, talk, hang, over };
    Kind kind = Kind::over;
    std::size_t asked = 0;  ///< requests that it has read
    std::size_t lines = 0;  ///< answers that it has logged
    bool operator==(const Stage&) const = default;
};

struct HttpClient {
    explicit HttpClient(AnswerReader::Rules rules) : answers(asks, std::move(rules)) {}
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    std::unique_ptr<Conn> conn;
    std::unique_ptr<TlsClient> tls;          ///< null: it speaks none
    Endpoint known_as;                       ///< to the backend
    std::uint64_t ahead = 0;                 ///< bytes of a PROXY header
    std::uint64_t hello = 0;                 ///< with its hello, so many of its bytes are said
    std::optional<std::uint64_t> handshake;  ///< it is over when so many bytes were read
    std::vector<Ask> asks;
    AnswerReader answers;
    std::uint64_t spoils_at = kNever;  ///< this byte of what it says is another one
    bool proper = true;                ///< says what it should, though perhaps not all of it
    std::size_t depth = 1;             ///< so many asks may be on their way
    bool patient = true;               ///< waits for "100 Continue"
    bool changes_keys = false;
    bool says_goodbye = true;
    bool ends_early = false;  ///< with its last ask, and not with the last answer

    // What it did.
    std::size_t asking = 0;  ///< the ask that it says next
    std::uint64_t part = 0;  ///< of it
    bool said_goodbye = false;
    std::string sent_to;  ///< that it has not read
    struct Said {
        std::uint64_t wire;  ///< so many bytes of what it says
        std::uint64_t text;  ///< are so many of what it asks
    };
    std::vector<Said> said;
    std::vector<Time> first_said, all_said;  ///< when an ask began to arrive, and was there
    bool has_stalled = false;                ///< it took nothing for a while
    bool is_over = false;                    ///< its connection, to its own knowledge
    std::uint64_t text = 0;                  ///< bytes of what it asked so far

    // What is known of its session.
    Stage stage;
    Time since{};                           ///< of the stage
    bool looked = false;                    ///< its session has been told of something
    std::optional<std::size_t> over_after;  ///< its time was, behind so many lines
    std::optional<Time> shut_at;
    bool deaf = false;  ///< the machine refused to tell of it
    struct Line {
        int status;
        std::uint64_t bytes;
        bool whole;
    };
    std::vector<Line> lines;
    bool heard_goodbye = false;
    unsigned failures = 0;  ///< lines that say that it came to no request

    static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
    /// How much of what it asks stands in the first `wire` bytes that it says.
    std::uint64_t text_in(std::uint64_t wire) const;
    bool said_words() const {
        return asks.empty() || !asks.back().talks || part == asks.back().words.size();
    }
};

/// What the machine, the operator and the sessions' limits may do to anybody.
struct Weather {
    backend::Limits limits;
    bool calm = true;
    bool plain = false;
    bool short_of_memory = false;
    bool short_of_descriptors = false;
    bool crowded = false;  ///< too many connections
    bool tight = false;    ///< too little for bodies and answers
    bool tight_hellos = false;
    Time grace{};  ///< for requests, when it stops
    std::optional<http::Fault> fault;
    Time slow{};
};

class HttpClients final : public World {
  public:
    struct Events {
        std::function<void()> stop;
        std::function<void()> reload;
        /// What is held beyond a limit, in a few words; empty: nothing.
        std::function<std::string()> exceeds;
    };

    HttpClients(Tape& tape, Kernel& kernel, Weather weather)
        : tape_(tape), kernel_(kernel), weather_(std::move(weather)) {}

    AnswerReader::Rules rules_for(std::size_t index);
    void add(std::unique_ptr<HttpClient> client);
    void on_events(Events events) { events_ = std::move(events); }

    bool act(bool between) override;
    Conn* next_client() override;
    bool client_waits() const override { return !queue_.empty(); }
    Conn& dialled(const Endpoint& to) override;
    void took(Conn& to, std::uint64_t at, Bytes bytes) override;
    void took(Conn& to, const Conn& from, std::uint64_t at, std::uint64_t count) override;
    void finished(Conn& conn) override;
    void closed(Conn& conn) override;
    void at_rest() override;
    void slept(Time) override { slept_at_ = kernel_.now(); }
    void over() override {}

    /// A session has been at work since `began`.
    void worked(int fd, Time began);
    /// A session is about to look at what its client says; until then it only waits.
    void looks(int fd);
    /// A line of the access log.
    void logged(std::string_view line);
    void deafen(int fd);
    Conn* conn_of(int fd);
    /// Everybody has come and gone.
    bool all_gone(bool listening) const;
    void judge_end(const backend::Activity& activity);

    std::size_t accepted() const { return accepted_; }
    std::size_t answers() const;
    std::uint64_t bytes() const { return bytes_; }

  private:
    bool act_on_all();
    bool act_on(HttpClient& client);
    bool can_say(const HttpClient& client) const;
    bool can_end(const HttpClient& client) const;
    void say(HttpClient& client);
    void append(HttpClient& client, std::string_view text);
    void send(HttpClient& client, std::uint64_t most);
    void read(HttpClient& client, std::uint64_t most);
    void hear_end(HttpClient& client, Ending ending);
    void end(HttpClient& client);
    void reset(HttpClient& client);
    void note_answers(HttpClient& client);
    HttpClient& client_of(const Conn& conn);
    Stage stage_of(const HttpClient& client) const;
    Time limit_of(const HttpClient& client) const;
    bool is_over(const HttpClient& client) const;
    bool may_be_refused_late(const HttpClient& client) const;
    bool may_stop(const HttpClient& client) const;
    bool may_end(const HttpClient& client) const;
    void judge(const HttpClient& client) const;
    void judge_half_hellos() const;
    void judge_waiting() const;
    void judge_flow(const HttpClient& client) const;
    void judge_served(const HttpClient& client) const;
    void judge_lines(const HttpClient& client) const;
    bool may_refuse(const HttpClient& client, std::size_t at, int status) const;
    void answer_comes(HttpClient& client, std::size_t at, bool whole);

    Tape& tape_;
    Kernel& kernel_;
    const Weather weather_;
    Events events_;
    std::vector<std::unique_ptr<HttpClient>> clients_;
    std::vector<Conn*> queue_;
    std::size_t accepted_ = 0;
    std::uint64_t bytes_ = 0;
    Time slept_at_{};  ///< when it last woke up late
    Time left_at_{};   ///< when a session last ended
    std::optional<Time> stopped_;
    bool reloaded_ = false;
};

}  // namespace sni::sim
