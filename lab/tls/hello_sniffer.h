// Reads a ClientHello ahead, from however many pieces it comes in, so that its bytes can be sent on
// unchanged. The one place that decides what a client's first bytes are, but for a
// PROXY header (proxy/header) before them.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/tls/client_hello.h"
#include "lab/tls/hello_scanner.h"

namespace sni::tls {

/// Takes no memory for a hello that comes in one piece and one record. For any other it takes what
/// was received: at most `limit` and five more for each record, twice where there are several.
class HelloSniffer {
  public:
    /// `limit` bounds the ClientHello's body, in bytes.
    explicit HelloSniffer(std::size_t limit, TrailingDot dot = TrailingDot::refuse)
        : scanner_(limit), dot_(dot) {}
    HelloSniffer(HelloSniffer&&) = default;  // what points into it goes with its memory
    HelloSniffer& operator=(HelloSniffer&&) = default;

    /// Takes the next bytes of the stream, in pieces of any size, and tells where that leads. Once
    /// it is not need_more, the verdict is final and nothing more may be fed.
    Verdict feed(Bytes more);

    Verdict verdict() const { return verdict_; }
    /// Everything fed, byte for byte, including what follows the hello. It and all that is below
    /// points into the last piece fed, which must outlive it, or into memory of the sniffer's own.
    Bytes seen() const { return seen_; }
    /// The handshake message, its four-byte header included; empty when none was whole.
    Bytes message() const { return message_; }
    /// TLS records that it came in.
    std::size_t records() const { return scanner_.records(); }
    /// After Verdict::hello, else null.
    const ClientHello* hello() const { return verdict_ == Verdict::hello ? glimpse() : nullptr; }
    /// What could be read of a whole hello, refused or not: for a log. Null when none was whole.
    const ClientHello* glimpse() const { return hello_ ? &*hello_ : nullptr; }

  private:
    void keep();

    HelloScanner scanner_;
    TrailingDot dot_;
    std::vector<std::byte> held_;  // of a hello that comes in pieces
    Bytes seen_;
    Bytes message_;
    Verdict verdict_ = Verdict::need_more;
    std::optional<ClientHello> hello_;
};

}  // namespace sni::tls
