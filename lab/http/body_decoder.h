// The body of a request as it comes off the wire: a length or chunks in, plain bytes out, never
// more than a limit. Pure and incremental.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/http/request_head.h"

namespace sni::http {

class BodyDecoder {
  public:
    /// Refuses (413) what is longer than `limit` as soon as that is known, before it is read.
    BodyDecoder(Framing framing, std::size_t limit);

    /// Takes what belongs to the body off the front of `wire`. True when the body is complete: what
    /// is left of `wire` is the next request. Chunks are read strictly (RFC 9112 §7.1): hexadecimal
    /// digits, CRLF, exactly that many bytes, CRLF; extensions and trailers are checked and
    /// dropped.
    Result<bool, Refusal> feed(std::string_view& wire);

    /// Bytes of the body that are here.
    std::size_t held() const { return body_.size(); }

    std::string take() { return std::move(body_); }

  private:
    enum class State { data, size_line, data_end, trailers, complete };

    Result<bool, Refusal> feed_line(std::string_view& wire);
    Result<void, Refusal> end_of_line(std::string_view line);
    Result<void, Refusal> parse_size(std::string_view line);

    bool chunked_;
    std::size_t limit_;
    State state_;
    std::uint64_t left_ = 0;  ///< of this chunk, or of the whole body
    std::string line_;        ///< a chunk-size or trailer line that is still incomplete
    std::size_t trailer_bytes_ = 0;
    std::string body_;
};

}  // namespace sni::http
