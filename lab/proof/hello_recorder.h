// Picks the ClientHellos out of the bytes that a client sends, without touching them. Both ends
// feed it what passes their TLS engine, so that they can be compared. Judges no hello: that is the
// sniffer's business (lab/tls).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lab/core/bytes.h"

namespace sni::proof {

class HelloRecorder {
  public:
    struct Hello {
        std::vector<std::byte> message;  ///< the handshake message, its four-byte header included
        std::size_t records = 0;         ///< TLS records it came in
    };

    /// The client's bytes from the first on, in pieces of any size. Stops listening after a second
    /// hello (there is one after a HelloRetryRequest) and at whatever else comes.
    void feed(Bytes more);
    const std::vector<Hello>& hellos() const { return hellos_; }

  private:
    void begin_record();
    void take_message();

    std::vector<Hello> hellos_;
    std::vector<std::byte> header_;  // of the current record, until it is whole
    std::size_t left_ = 0;           // of the current record's content
    bool handshake_ = false;         // the current record is one
    Hello next_;
    bool done_ = false;
};

/// What kind of client says hello, as the first part of its JA4 fingerprint puts it: transport,
/// best version, SNI or not, number of suites, number of extensions, first and last letter of its
/// first ALPN name: "t13d3012h1". Empty for what is no ClientHello.
std::string hello_shape(Bytes message);

}  // namespace sni::proof
