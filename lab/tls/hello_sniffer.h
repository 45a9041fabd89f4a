// Reads a ClientHello ahead, from however many pieces it comes in, and keeps the bytes so that they
// can be sent on unchanged. The one place that decides what a client's first bytes are.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/tls/alert.h"
#include "lab/tls/client_hello.h"

namespace sni::tls {

/// What the bytes so far are. All but the first two are refusals; the enumerator is the word in the
/// log.
enum class Verdict {
    need_more,
    hello,
    not_tls,             ///< not even a handshake record: plain HTTP, ssh, a PROXY header
    ssl_v2,              ///< a ClientHello of SSL 2.0 (RFC 6176)
    bad_version,         ///< a record whose major version is not 3
    record_overflow,     ///< a record of more than 2^14 bytes
    unexpected_message,  ///< an empty record, or something else than a ClientHello
    hello_too_large,
    malformed,
    duplicate,
    bad_name,
    unroutable_name,
};
std::string_view to_string(Verdict verdict);

/// What to tell the client; nothing for one that speaks no TLS.
std::optional<Alert> alert_for(Verdict refusal);

/// Memory is taken only for bytes received: at most `limit` and five more for each record.
class HelloSniffer {
  public:
    /// `limit` bounds the ClientHello's body, in bytes.
    explicit HelloSniffer(std::size_t limit, TrailingDot dot = TrailingDot::refuse)
        : limit_(limit), dot_(dot) {}

    /// Takes the next bytes of the stream, in pieces of any size, and tells where that leads. Once
    /// it is not need_more, the verdict is final and nothing more may be fed.
    Verdict feed(Bytes more);

    Verdict verdict() const { return verdict_; }
    /// After Verdict::hello, else null.
    const ClientHello* hello() const { return verdict_ == Verdict::hello ? glimpse() : nullptr; }
    /// What could be read of a whole hello, refused or not: for a log. Null when none was whole.
    const ClientHello* glimpse() const { return hello_ ? &*hello_ : nullptr; }
    /// Everything fed, byte for byte, including what follows the hello.
    Bytes seen() const { return seen_; }

  private:
    Verdict advance();
    Verdict check_record_header() const;
    Verdict check_message_header();
    Verdict finish();

    std::size_t limit_;
    TrailingDot dot_;
    std::vector<std::byte> seen_;
    Verdict verdict_ = Verdict::need_more;
    std::optional<ClientHello> hello_;

    std::size_t record_ = 0;             // where in seen_ the current record starts
    std::size_t records_ = 0;            // finished ones
    std::size_t fragments_ = 0;          // message bytes in the finished ones
    std::array<std::byte, 4> header_{};  // of the handshake message, which records may cut too
    std::size_t header_bytes_ = 0;
    std::size_t message_ = 0;  // whole length, once the header is known
};

}  // namespace sni::tls
