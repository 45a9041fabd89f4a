// Heads of answers for those who answer the same again and again.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "lab/http/message.h"

namespace sni::web {

/// Remembers how some heads read on the wire, so that most answers of a client that asks the same
/// over and over need no library to write theirs. Bounded: kPlaces heads of kLongest bytes; what
/// it forgets is written anew. One thread at a time.
class HeadMemo {
  public:
    static constexpr std::size_t kPlaces = 16;
    static constexpr std::size_t kLongest = 2u << 10;

    /// What remember() was told of the same `status` and `headers`, valid until the next call of
    /// it; null when it is not known.
    const std::string* find(int status, const http::Headers& headers) const;

    /// Where `text` is longer than kLongest it is not remembered. Each head has one place, which
    /// others may take.
    void remember(int status, const http::Headers& headers, const std::string& text);

  private:
    struct Known {
        int status = 0;  ///< 0: nobody's
        http::Headers headers;
        std::string text;
    };

    std::array<Known, kPlaces> known_;
};

}  // namespace sni::web
