// What the machine or the other end did to one connection.
#pragma once

#include <cerrno>
#include <system_error>

namespace sni::net {

/// Thrown by Socket, connect() and Listener; the code is an errno value. Caught once a session.
class Error : public std::system_error {
  public:
    explicit Error(int error) : std::system_error(error, std::generic_category()) {}

    int number() const { return code().value(); }
    /// The deadline that was set passed.
    bool timed_out() const { return number() == ETIMEDOUT; }
    /// The other end gave the connection up.
    bool reset() const { return number() == ECONNRESET || number() == EPIPE; }
    /// The process, or the machine, may open no more descriptors.
    bool exhausted() const { return number() == EMFILE || number() == ENFILE; }
    /// A shortage on this side: of descriptors, local ports, memory, or of what epoll may watch
    /// (fs.epoll.max_user_watches). No fault of the peer's.
    bool own_shortage() const {
        return exhausted() || number() == ENOBUFS || number() == ENOMEM ||
               number() == EADDRNOTAVAIL || number() == ENOSPC;
    }
    /// connect() was given up because the connection it was for was reset, or expired.
    bool unwanted() const { return number() == ECANCELED; }
};

}  // namespace sni::net
