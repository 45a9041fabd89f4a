// A connected socket as a stream that never waits. For whoever waits in a way of its own: a thread
// with a deadline, a pool of workers, a load. Sessions on a Loop have Socket.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "lab/net/descriptor.h"
#include "lab/net/io.h"

namespace sni::net {

/// As PlainStream::read() and write(), on a socket that somebody else owns, be it one that waits.
Io receive_now(int fd, std::span<char> into, std::size_t& got);
Io send_now(int fd, std::string_view from, std::size_t& taken);

class PlainStream {
  public:
    PlainStream() = default;
    /// `socket` does not block.
    explicit PlainStream(Descriptor socket) : socket_(std::move(socket)) {}

    /// Done with at least one byte: `got` counts then. Failed: errno says why.
    Io read(std::span<char> into, std::size_t& got) { return receive_now(fd(), into, got); }
    /// The same, and what is read stays to be read again.
    Io peek(std::span<char> into, std::size_t& got) const;
    /// Done when at least a part of `from` was taken: `taken` counts then. Failed: errno says why.
    Io write(std::string_view from, std::size_t& taken) { return send_now(fd(), from, taken); }
    /// The peer reads an end (FIN); reading goes on.
    void finish_sending();
    /// From here on closing it is a reset.
    void reset_on_close();

    int fd() const { return socket_.fd(); }
    /// The caller closes it from now on.
    int release() { return socket_.release(); }
    explicit operator bool() const { return static_cast<bool>(socket_); }

  private:
    Descriptor socket_;
};

}  // namespace sni::net
