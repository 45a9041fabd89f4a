// What a server's answer to a ClientHello shows to everybody on its way: which keys the session
// will have, and from what. Judges nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/tls/frames.h"

namespace sni::tls {

/// By the numbers of IANA's registries; names.h has words for them.
struct ServerFacts {
    std::uint16_t version = 0;  ///< that was chosen
    std::uint16_t cipher_suite = 0;
    /// Of the server's (EC)DHE share; 0: none was seen, as with static RSA, psk_ke, or finite
    /// fields in TLS 1.2.
    std::uint16_t group = 0;
    bool pre_shared_key = false;          ///< TLS 1.3: it took one
    bool extended_master_secret = false;  ///< TLS 1.2 (RFC 7627)
    /// Somebody who has the certificate's key took part: TLS 1.3 without a PSK, TLS 1.2 when a
    /// Certificate or a ServerKeyExchange follows, which a resumption has not.
    bool full = false;
    /// TLS 1.2: it handed out a session ticket (RFC 5077), up to now. Nothing: its handshake was
    /// not read to its end and had none up to there, so nobody knows.
    std::optional<bool> session_ticket = false;
    std::vector<std::byte> message;  ///< the ServerHello, its four-byte header included
};

class ServerHelloReader {
  public:
    /// The server's bytes from the first record of its answer on, in pieces of any size. A
    /// HelloRetryRequest is passed over, and a HelloRequest, as clients do. Stops listening when it
    /// knows all, which it does below TLS 1.3 at the ChangeCipherSpec, at whatever does not belong
    /// there, and after 128 KiB.
    void feed(Bytes more);
    bool done() const { return done_; }
    /// Bytes of memory that it takes for what is not whole yet.
    std::size_t held() const { return records_.held() + messages_.held(); }
    /// Nothing before its ServerHello was whole.
    const std::optional<ServerFacts>& facts() const { return facts_; }

  private:
    void take_record(std::uint8_t type, Bytes record);
    void take_message(std::uint8_t type, Bytes message);
    void take_hello(Bytes message);
    /// Something may have come that was not read.
    void give_up();

    RecordCutter records_;
    MessageCutter messages_;
    std::optional<ServerFacts> facts_;
    std::size_t fed_ = 0;
    bool done_ = false;
};

}  // namespace sni::tls
