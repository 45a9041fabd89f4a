// Dials one of several addresses: whichever answers first, as RFC 8305 has it.
#pragma once

#include <chrono>
#include <coroutine>
#include <optional>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/loop/socket.h"

namespace sni::net {

/// What became of each address.
struct RaceResult {
    std::optional<Socket> socket;  ///< nothing when none answered
    std::size_t winner = 0;        ///< which address it is of
    /// For each address an errno; 0 for the winner and for those not tried, EINPROGRESS for those
    /// that had not answered when it did.
    std::vector<int> errors;
    std::size_t tries = 0;
};

/// What race() returns, to be awaited.
class Race final : public Waiter {
  public:
    Race(Socket& client, std::vector<Endpoint> addresses, std::chrono::milliseconds within);
    ~Race();
    Race(const Race&) = delete;
    Race& operator=(const Race&) = delete;

    bool await_ready();
    void await_suspend(std::coroutine_handle<> awaiting);
    RaceResult await_resume();
    /// Addresses that were dialled so far.
    std::size_t tries() const { return result_.tries; }

    void on_ready(Stream& stream) override;
    void on_expired(Stream& stream) override;

  private:
    struct Attempt {
        std::size_t address;
        StreamPtr stream;
        bool is_newest_alone;  // its deadline is that of the next one's turn
    };
    bool start_next();
    int start(std::size_t address) noexcept;
    bool go_on_without(Stream& stream, int error);
    void listen(Attempt& attempt);
    void win(Stream& stream);
    void finish();
    void stop_waiting();

    Stream& client_;
    std::vector<Endpoint> addresses_;  // the winner's goes with its socket
    const Clock::time_point deadline_;
    const std::chrono::milliseconds stagger_;
    std::size_t next_ = 0;
    std::vector<Attempt> attempts_;  // that have not failed
    RaceResult result_;
    bool unwanted_ = false;
    std::coroutine_handle<> awaiting_;
};

/// `co_await race(client, addresses, within)`: tries them in their order, each next one as soon as
/// one fails, or after a quarter of a second of silence (earlier when `within` is short); the first
/// that connects is taken. `within` is for all together. Throws Error only when unwanted():
/// `client` was reset or expired meanwhile.
inline Race race(Socket& client, std::vector<Endpoint> addresses,
                 std::chrono::milliseconds within) {
    return {client, std::move(addresses), within};
}

}  // namespace sni::net
