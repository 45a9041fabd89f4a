// One non-blocking connection, plain or TLS, for the two ends of the load. Waiting is the caller's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "lab/core/bytes.h"
#include "lab/net/descriptor.h"
#include "lab/session/tls_stream.h"

struct ssl_ctx_st;
struct ssl_st;

namespace sni::bench {

struct FreeSsl {
    void operator()(ssl_st* ssl) const;
};

enum class Io { moved, wait_read, wait_write, end, failed };

/// `bytes` counts when io is moved; `error` is errno, or 0 for what TLS itself refused.
struct Moved {
    Io io = Io::moved;
    std::size_t bytes = 0;
    int error = 0;
};

class Channel {
  public:
    explicit Channel(net::Descriptor fd) : fd_(std::move(fd)) {}
    /// TLS on top; `sni` makes it the client's end.
    Channel(net::Descriptor fd, ssl_ctx_st* context, const char* sni = nullptr);

    int fd() const { return fd_.fd(); }
    bool tls() const { return tls_.has_value(); }

    Moved handshake();
    Moved read(std::span<std::byte> into);
    Moved write(Bytes from);
    /// No more will be written: close_notify, then FIN.
    void finish();

  private:
    net::Descriptor fd_;
    std::unique_ptr<ssl_st, FreeSsl> ssl_;
    std::optional<session::TlsStream> tls_;  // over ssl_
};

}  // namespace sni::bench
