// JA4 for those who see the same few clients again and again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/tls/ja4.h"

namespace sni::tls {

/// Remembers the fingerprints of some kinds of clients, so that most hellos are neither described
/// nor digested for theirs. Bounded by the lists of the hellos that it is given, 32 times at most;
/// what it forgets is made anew. One thread at a time.
class Ja4Memo {
  public:
    explicit Ja4Memo(Sha256 sha256) : sha256_(sha256) {}

    /// ja4() of a ClientHello, its four-byte header included, until the next call; empty where
    /// describe_hello() makes nothing of it.
    const std::string& of(Bytes message);

  private:
    struct Known {
        std::vector<std::uint16_t> offer;  ///< empty: nobody's
        std::string ja4;
    };

    Sha256 sha256_;
    std::vector<std::uint16_t> offer_;  // of the hello that is looked at
    std::array<Known, 32> known_;       // each kind has one place, which others may take
    Known unusual_;                     // of one that is not remembered
};

}  // namespace sni::tls
