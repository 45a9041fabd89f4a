// The server's end of one connection over a non-blocking socket: without TLS, or with it
// (tls_channel.h). No call waits: each says what to wait for.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "lab/net/plain_stream.h"

namespace sni::backend {

using net::Io;

/// The peer's end, orderly or not: the channel is of no more use.
inline bool is_over(Io io) {
    return io == Io::ended || io == Io::failed;
}

class Channel {
  public:
    explicit Channel(net::PlainStream socket) : socket_(std::move(socket)) {}
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// `done` when bytes can be read and written.
    virtual Io handshake() { return Io::done; }
    /// `done` with at least one byte in `got`.
    virtual Io read(std::span<char> into, std::size_t& got) { return socket_.read(into, got); }
    /// `done` when some of `bytes` was taken: `taken` tells how much.
    virtual Io write(std::string_view bytes, std::size_t& taken) {
        return socket_.write(bytes, taken);
    }
    /// Says goodbye and sends FIN; what the peer still sends is not read. `want_write` while there
    /// is no room for the goodbye: to be called again, or the peer will take what it has for cut.
    virtual Io finish() {
        socket_.finish_sending();
        return Io::done;
    }

    int fd() const { return socket_.fd(); }
    /// Below TLS.
    net::PlainStream& socket() { return socket_; }
    /// Throws away what the peer still sends, so that closing does not reset what it has not read
    /// yet. Over when it has finished too, `done` when there may be more at once.
    Io discard();
    /// True when the peer has reset the connection; reads nothing.
    bool reset() const;
    /// From here on closing it is a reset.
    void reset_on_close() { socket_.reset_on_close(); }

  protected:
    net::PlainStream socket_;
};

}  // namespace sni::backend
