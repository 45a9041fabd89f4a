// The DNS names among the backends: looked up on threads of their own, again and again, so that no
// loop ever waits for a resolver, and whoever has a new table of routes only for a moment.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni::router {

/// How one address, or one backend, took connections lately. From any thread.
class Health {
  public:
    using Clock = std::chrono::steady_clock;
    bool rests(Clock::time_point now) const {
        return rests_until_.load(std::memory_order_relaxed) > now;
    }
    void answered();
    /// One that refuses rests for a while, longer each time.
    void refused(Clock::time_point now);

  private:
    std::atomic<unsigned> refusals_ = 0;  // in a row
    std::atomic<Clock::time_point> rests_until_ = Clock::time_point::min();
};

/// One address of a name.
struct Address {
    Endpoint endpoint;
    std::shared_ptr<Health> health;
};

/// A name with its port, and what it resolved to last. From any thread.
class Name {
  public:
    using Addresses = std::shared_ptr<const std::vector<Address>>;

    /// In the order to try them: families in turns, as RFC 8305 §4 has it. Empty while none is
    /// known.
    Addresses addresses() const;
    /// Why the last look-up brought nothing, as a sentence's end; empty when it did.
    std::string error() const;
    /// True when the name led to one of our own listeners; such an address is left out.
    bool leads_here() const;

    /// An address that stays keeps its memory.
    void found(const std::vector<Endpoint>& endpoints, bool leads_here);
    /// Those before stay.
    void failed(std::string why);

  private:
    mutable std::mutex mutex_;
    Addresses addresses_ = std::make_shared<const std::vector<Address>>();  // guarded by mutex_
    std::string error_ = "no answer yet";
    bool leads_here_ = false;
};

using NameMap = std::map<Endpoint, std::shared_ptr<Name>>;

/// When names are looked up again: all of them every so often, and those without an address sooner.
class Rounds {
  public:
    using Clock = std::chrono::steady_clock;
    Rounds(std::chrono::milliseconds every, Clock::time_point now);
    Clock::time_point next() const { return std::min(all_, dead_); }
    /// Begins the round that is due: true when it is one for all.
    bool begin(Clock::time_point now);
    /// It did not come to everybody: all are asked again as soon as those without an address.
    void broke_off();

  private:
    std::chrono::milliseconds every_;
    Clock::time_point all_;
    Clock::time_point dead_;
};

/// Blocks; the error is a sentence's end.
using LookUp = std::function<Result<std::vector<Endpoint>, std::string>(const Endpoint& name)>;

class Names {
  public:
    /// Looks all up again `every` so often, those without an address more often; 0: never.
    /// Nobody waits for an answer any more where `stops` says so, which is asked now and then by
    /// whoever waits; empty: nothing does.
    Names(LookUp look_up, std::chrono::milliseconds every, std::function<bool()> stops = nullptr);
    /// Waits for no look-up.
    ~Names();
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;

    /// From now on addresses of which `is_own` is true, those of our listeners, are left out.
    void leave_out(std::function<bool(const Endpoint&)> is_own);
    /// All of them are looked up now: a new one is waited for, but not for long; one that is
    /// watched already only for a moment.
    NameMap look_up(const std::vector<Endpoint>& endpoints);
    /// These are looked up again from now on, and no others.
    void watch(NameMap names);

  private:
    struct State;
    std::shared_ptr<State> state_;
    class Clockwork;
    std::unique_ptr<Clockwork> clockwork_;
    std::chrono::milliseconds every_;
    std::function<bool()> stops_;
};

}  // namespace sni::router
