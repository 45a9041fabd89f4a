// Takes a PROXY header off the front of a connection, and not a byte of what follows it. For .cpp
// files only.
#pragma once

#include <cstddef>
#include <vector>

#include "lab/backend/channel/channel.h"
#include "lab/core/bytes.h"
#include "lab/proxy/header.h"

namespace sni::backend {

class ProxyPreface {
  public:
    /// Reads as far as the bytes go that `socket` has now: `done` with the header, over when
    /// what the peer sends is none, or it has left. Not to be called again after either.
    Io take(net::PlainStream& socket);
    /// After `done`.
    const proxy::Header& header() const { return header_; }
    /// What came so far; over, with what is no header.
    Bytes seen() const { return seen_; }

  private:
    std::vector<std::byte> seen_;
    proxy::Header header_;
};

}  // namespace sni::backend
