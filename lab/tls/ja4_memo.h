// JA4 for those who see the same few clients again and again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lab/tls/ja4.h"

namespace sni::tls {

/// Remembers the fingerprints of some kinds of clients: of its 18,000 instructions two digests and
/// the sorted lists are most. Bounded by the lists of the hellos that it is given, 32 times at
/// most; what it forgets is made anew. One thread at a time.
class Ja4Memo {
  public:
    explicit Ja4Memo(Sha256 sha256) : sha256_(sha256) {}

    /// ja4() of `hello`, until the next call.
    const std::string& of(const HelloFacts& hello);

  private:
    struct Known {
        std::vector<std::uint16_t> offer;  ///< empty: nobody's
        std::string ja4;
    };

    Sha256 sha256_;
    std::vector<std::uint16_t> offer_;  // of the hello that is looked at
    std::array<Known, 32> known_;       // each kind has one place, which others may take
};

}  // namespace sni::tls
