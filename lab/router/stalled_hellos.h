// Hellos that wait, for the rest of them or for a backend: they are all that a client can make the
// router keep before its bytes are passed on, so there is an end to what they hold together.
#pragma once

#include <cstddef>

#include "lab/net/loop/socket.h"
#include "lab/router/session_record.h"

namespace sni::router {

class StalledHello;

/// Those of one thread, in the order in which they began to wait. When they would hold more than
/// they may, the oldest has to go: under attack it is the attacker's, while an honest hello in two
/// segments is whole a round trip later, and an honest backend answers as soon. (A listener that
/// paused instead would keep the honest out too.)
class StalledHellos {
  public:
    explicit StalledHellos(std::size_t most) : most_(most) {}
    StalledHellos(const StalledHellos&) = delete;
    StalledHellos& operator=(const StalledHellos&) = delete;

    std::size_t count() const { return count_; }
    std::size_t bytes() const { return bytes_; }
    std::size_t most() const { return most_; }

  private:
    friend class StalledHello;
    const std::size_t most_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    StalledHello* oldest_ = nullptr;
    StalledHello* newest_ = nullptr;
};

/// One of them, while it waits. `client` and `record` outlive it.
class StalledHello {
  public:
    /// It is read: nothing of it is here yet.
    StalledHello(StalledHellos& all, net::Socket& client, SessionRecord& record)
        : all_(all), client_(client), record_(record) {}
    /// It is whole, and its `bytes` wait for a backend. Others may be crowded out for that; it is
    /// not itself, as the newest, so the smallest limit still lets one hello through.
    StalledHello(StalledHellos& all, net::Socket& client, SessionRecord& record, std::size_t bytes);
    ~StalledHello() { leave(); }
    StalledHello(const StalledHello&) = delete;
    StalledHello& operator=(const StalledHello&) = delete;

    /// `bytes` of it are here, and more must come. Others may be crowded out for that; false when
    /// it is this one. The record of whoever it is says so, and its waiting ends with an error.
    bool holds(std::size_t bytes);

  private:
    void count(std::size_t bytes);
    void crowd_out_oldest();
    void enter();
    void leave();

    StalledHellos& all_;
    net::Socket& client_;
    SessionRecord& record_;
    std::size_t bytes_ = 0;
    bool entered_ = false;
    StalledHello* older_ = nullptr;
    StalledHello* newer_ = nullptr;
};

}  // namespace sni::router
