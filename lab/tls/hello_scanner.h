// Finds the end of the ClientHello that a stream of TLS records begins with (RFC 8446 §5.1), and
// puts the message together. The one reader of records that a client sends in the clear.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/tls/verdict.h"

namespace sni::tls {

class HelloScanner {
  public:
    /// `limit` bounds the ClientHello's body, in bytes.
    explicit HelloScanner(std::size_t limit) : limit_(limit) {}

    /// `seen`: all bytes from the first record on, each call with more of them. Walks on from the
    /// first record that is not finished, so that a hello that dribbles in costs no more to read
    /// than one that comes at once. Verdict::hello when the message is whole: nothing inside it is
    /// looked at.
    Verdict advance(Bytes seen);

    /// The whole message, its four-byte header included: a view into `seen` when it came in one
    /// record, as nearly always, else into memory of the scanner's own.
    Bytes message(Bytes seen);
    /// TLS records that it came in.
    std::size_t records() const { return records_ + 1; }
    /// Where in `seen` its last record ends; some of that may not have come yet.
    std::size_t end() const { return end_; }
    /// Nothing stands behind the message in its last record.
    bool fills_records() const { return fragments_ + end_ - record_ - 5 == message_; }

  private:
    Verdict check_record_header(Bytes record) const;
    Verdict check_message_header();

    std::size_t limit_;
    std::size_t record_ = 0;             // where in `seen` the current record starts
    std::size_t end_ = 0;                // and where it ends
    std::size_t records_ = 0;            // finished ones
    std::size_t fragments_ = 0;          // message bytes in the finished ones
    std::array<std::byte, 4> header_{};  // of the handshake message, which records may cut too
    std::size_t header_bytes_ = 0;
    std::size_t message_ = 0;  // whole length, once the header is known
    std::vector<std::byte> joined_;
};

}  // namespace sni::tls
