// Clients and backends that may do whatever peers do, in an order that the tape chooses, and the
// judge of what the router makes of them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/router/session_record.h"
#include "lab/tls/alert.h"
#include "tests/sim/kernel.h"

namespace sni::sim {

/// A client, what is right for it, and what became of it.
struct Client {
    Conn* conn = nullptr;
    /// What a backend gets before its bytes.
    std::vector<std::byte> ahead;
    std::uint64_t own = 0;    ///< so many of its bytes are for the router alone
    std::uint64_t hello = 0;  ///< so many of its bytes decide
    bool whole = true;        ///< it says all of its hello
    /// Where it may be taken: empty when it must be refused.
    std::vector<Endpoint> to;
    std::vector<Endpoint> to_after_reload;
    std::optional<tls::Alert> refusal;
    bool may_refuse = false;  ///< though it says where it may be taken
    bool any_alert = false;   ///< is a fitting one
    bool hears_why = false;   ///< who is refused is sent an alert
    Conn* backend = nullptr;
    bool old_routes = false;  ///< it was looked up before the reload
    unsigned records = 0;
    bool cut = false;  ///< as its record has it: the router stopped first
};

/// How long the router may keep what does not move.
struct Deadlines {
    Time hello{};
    Time dial{};  ///< all tries together
    Time idle{};
    Time half_closed{};
};

class Peers final : public World {
  public:
    /// What happens to the router as a whole, once each at most.
    struct Events {
        std::function<void()> reload;
        std::function<void()> drain;
        std::function<void()> look;
        std::function<void()> stop;
        /// What it holds beyond its limits, in a few words; empty: nothing.
        std::function<std::string()> exceeds;
    };

    Peers(Tape& tape, Kernel& kernel, Deadlines deadlines)
        : tape_(tape), kernel_(kernel), deadlines_(deadlines) {}

    void add(Client client, std::unique_ptr<Conn> conn);
    void on_events(Events events) { events_ = std::move(events); }
    /// A backend's answer is drawn from these.
    struct Manners {
        std::uint64_t most_said = 0;
        std::uint64_t room = 0;
        std::uint64_t window = 0;
        bool resets = false;
        bool stalls = false;
        bool refuses = false;
        bool hangs = false;
    };
    void set_manners(const Manners& manners) { manners_ = manners; }
    /// `calm`: nothing that the router needs is ever short. It may have `quota` clients.
    void set_means(bool calm, std::size_t quota) {
        calm_ = calm;
        quota_ = quota;
    }
    void fill(Conn& conn, std::vector<std::byte> head, std::uint64_t salt, bool says_more = true);

    bool act(bool between) override;
    Conn* next_client() override;
    bool client_waits() const override { return !queue_.empty(); }
    Conn& dialled(const Endpoint& to) override;
    void took(Conn& to, std::uint64_t at, Bytes bytes) override;
    void took(Conn& to, const Conn& from, std::uint64_t at, std::uint64_t count) override;
    void finished(Conn& conn) override;
    void closed(Conn& conn) override;
    void stopped_listening() override;
    void at_rest() override;
    void slept(Time time) override;
    void over() override;

    void filed(const router::SessionRecord& record);
    /// What must be true when the router is gone.
    void judge_end();
    /// Not because nothing would ever happen any more.
    bool stopped_early() const { return stopped_early_; }
    const std::deque<Client>& clients() const { return clients_; }
    std::size_t accepted() const { return accepted_; }
    std::size_t records() const { return records_; }
    bool reloaded() const { return reloaded_; }

  private:
    bool act_on(Conn& conn, bool between);
    bool act_on_all();
    bool answer(Conn& conn);
    void write(Conn& conn, std::uint64_t most);
    void end(Conn& conn);
    void reset(Conn& conn);
    void read(Conn& conn, std::uint64_t most);
    void hear(Conn& conn);
    Client* client_of(const Conn& conn);
    bool is_expected(const Client& client, const Endpoint& to) const;
    void pair(Conn& backend, Bytes first);
    bool pair_by_answer(Client& client, Bytes first);
    void join(Client& client, Conn& backend);
    void judge_pair(const Client& client) const;
    void judge_alone(const Client& client) const;
    void judge_flow(const Conn& from, const Conn& to, std::uint64_t ahead, std::uint64_t own) const;
    void judge_heard(const Client& client) const;
    void judge_refused(const Client& client) const;
    void judge_unserved(const Client& client, router::Outcome outcome) const;
    void judge_cut(const Conn& conn, const Conn& other) const;
    void judge_crowded_out(const Conn& slow) const;
    std::size_t open_clients() const;

    Tape& tape_;
    Kernel& kernel_;
    const Deadlines deadlines_;
    Events events_;
    Manners manners_;
    std::vector<std::unique_ptr<Conn>> conns_;
    std::deque<Client> clients_;
    std::deque<Conn*> queue_;
    bool calm_ = true;
    std::size_t quota_ = 0;
    std::size_t accepted_ = 0;
    std::size_t records_ = 0;
    std::size_t dialling_ = 0;
    bool reloaded_ = false;
    bool drained_ = false;
    bool looked_ = false;
    bool stopped_ = false;
    bool stopped_early_ = false;
};

}  // namespace sni::sim
