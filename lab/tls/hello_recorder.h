// Picks the ClientHellos out of the bytes that a client sends, without touching them. Both ends
// feed it what passes their TLS engine, so that they can be compared. Judges no hello: that is the
// sniffer's business.
#pragma once

#include <cstddef>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/tls/hello_scanner.h"

namespace sni::tls {

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
    /// It has stopped listening.
    bool ended() const { return done_; }
    /// Bytes of memory that it takes for what is not whole yet.
    std::size_t held() const { return seen_.capacity(); }

  private:
    static constexpr std::size_t kLargest = 64u << 10;  // of a hello
    bool advance();

    std::vector<Hello> hellos_;
    std::vector<std::byte> seen_;  // since the last hello
    HelloScanner scanner_{kLargest};
    bool done_ = false;
};

}  // namespace sni::tls
