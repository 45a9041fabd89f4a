// The server's end of one connection over a non-blocking socket, with TLS (tls_channel.h) or
// without (plain_channel.h). No call waits: each says what to wait for.
#pragma once

#include <span>
#include <string_view>

namespace sni::backend {

/// `closed` is the peer's end, orderly or not; the channel is of no more use.
enum class Io { done, want_read, want_write, closed };

class Channel {
  public:
    Channel() = default;
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// `done` when bytes can be read and written.
    virtual Io handshake() = 0;
    /// `done` with at least one byte in `got`.
    virtual Io read(std::span<char> into, std::size_t& got) = 0;
    /// `done` when some of `bytes` was taken: `taken` tells how much.
    virtual Io write(std::string_view bytes, std::size_t& taken) = 0;
    /// Says goodbye and sends FIN; what the peer still sends is not read.
    virtual void finish() = 0;
    virtual int fd() const = 0;

    /// Throws away what the peer still sends, so that closing does not reset what it has not read
    /// yet. `closed` when it has finished too, `done` when there may be more at once.
    Io discard();
    /// True when the peer has reset the connection; reads nothing.
    bool reset() const;
    /// From here on closing it is a reset.
    void reset_on_close() const;
};

}  // namespace sni::backend
