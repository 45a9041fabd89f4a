// One TLS session as a stream that never waits. The one place that asks OpenSSL what became of a
// call (SSL_get_error(3)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lab/net/io.h"

struct ssl_st;

namespace sni::session {

/// Why a call failed for good.
struct TlsFailure {
    unsigned long error = 0;  ///< OpenSSL's, the oldest; 0: not TLS failed but what is below it
    int system_error = 0;     ///< errno, when `error` is 0; 0, too: the bytes ended

    /// The peer's bytes ended without close_notify (RFC 8446 §6.1).
    bool truncated() const;
    /// The fatal alert that the peer sent; nothing when it was something else.
    std::optional<std::uint8_t> alert() const;
    /// The peer's bytes are none of TLS.
    bool not_tls() const;
    /// OpenSSL's words for `error`, which last for ever; null when it has none.
    const char* reason() const;
};

class TlsStream {
  public:
    /// Ended: the peer's close_notify is there. Failed: failure() says why.
    using Io = net::Io;

    /// `ssl` outlives this. Its BIO is non-blocking, and it is in its accept or connect state.
    explicit TlsStream(ssl_st* ssl) : ssl_(ssl) {}

    Io handshake();
    /// `got` counts when it is done.
    Io read(std::span<char> into, std::size_t& got);
    /// At least a part of `from`, which is not empty: `taken` counts when it is done. Where it is
    /// not, the next call must offer the same bytes, unless the session takes moving buffers.
    Io write(std::string_view from, std::size_t& taken);
    /// Sends close_notify: done when it is sent, ended when the peer's had come, too. Failed, and
    /// nothing is sent, when the handshake is not over or anything has failed before: OpenSSL
    /// forbids it then.
    Io shutdown();

    const TlsFailure& failure() const { return failure_; }

  private:
    Io outcome(int result);

    ssl_st* ssl_;
    TlsFailure failure_;
    bool failed_ = false;
};

}  // namespace sni::session
