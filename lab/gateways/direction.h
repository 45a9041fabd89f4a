// What one side of a gateway's connection says, on its way to the other. It is read only while
// nothing of it is pending, so a side that takes nothing stops the other one. For .cpp files of
// this folder only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lab/net/wait.h"
#include "lab/session/channel.h"

namespace sni::gateways {

class Direction {
  public:
    enum class State {
        open,
        ending,     ///< `from` has finished, and `to` is yet to be told
        over,       ///< it was told
        from_lost,  ///< reading failed
        to_lost,    ///< writing failed
        left,       ///< whoever listens ends the connection with that
    };

    /// Both outlive it.
    Direction(session::Channel& from, session::Channel& to) : from_(from), to_(to) {}

    State state() const { return state_; }
    bool open() const { return state_ == State::open; }
    /// `to` has yet to take some of it.
    bool pending() const { return !pending_.empty(); }
    /// What to wait for before anything more can move; nothing when it is over.
    net::Interest interest() const;

    /// Adds to what is pending.
    void send(std::string_view bytes);
    /// True when nothing is pending any more, and there may be something to read.
    bool flush();
    /// True when something came: `got` counts then. An end is passed on.
    bool read(std::span<char> into, std::size_t& got);
    void leave() { state_ = State::left; }

    /// `from` takes nothing any more, so without TLS its end is no end in order from here on.
    void from_is_gone() { from_gone_ = true; }
    /// `to` learns that `from` broke off: by a reset, or, where the bytes of `from` ended without
    /// close_notify, in the same way.
    void cut();

  private:
    void finish();

    session::Channel& from_;
    session::Channel& to_;
    std::string pending_;
    net::Io wants_ = net::Io::want_read;  ///< of the side that the last call was for
    State state_ = State::open;
    bool from_gone_ = false;
};

}  // namespace sni::gateways
