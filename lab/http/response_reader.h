// One HTTP/1.1 response, read incrementally from whatever pieces TLS hands out (RFC 9112). Pure.
// A client of the lab needs no more than this; it asks on a connection whose TLS session it must
// hold in its hands, which no HTTP library's client gives out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sni::http {

/// Header names in lower case, in the order received.
struct ParsedResponse {
    int status = 0;
    std::string reason;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool operator==(const ParsedResponse&) const = default;

    /// The first header of that (lower-case) name.
    std::optional<std::string> header(std::string_view name) const;
};

/// Feeds on bytes until a response is whole. Interim 1xx responses are skipped, 16 at most. Nothing
/// but identity and chunked framing is understood; a body may be at most `body_limit` bytes, a head
/// 64 KiB.
class ResponseReader {
  public:
    enum class State { need_more, whole, broken };

    explicit ResponseReader(std::size_t body_limit) : body_limit_(body_limit) {}

    /// Takes `bytes`; what comes behind a whole response is kept for nobody, since we never
    /// pipeline.
    State feed(std::string_view bytes);
    /// The connection ended: whole only when the response is framed by its end.
    State end();
    /// After whole.
    ParsedResponse& response() { return response_; }
    /// After broken: a sentence without full stop.
    const std::string& error() const { return error_; }
    /// Broken only because there is more of it than is read.
    bool too_long() const { return too_long_; }

  private:
    enum class Framing { head, length, chunked, until_end };

    State advance();
    State read_head();
    State read_chunks();
    State broken(std::string why);
    State more_than_is_read(std::string why);

    std::size_t body_limit_;
    std::string buffer_;
    Framing framing_ = Framing::head;
    std::size_t length_ = 0;
    int interim_ = 0;
    ParsedResponse response_;
    std::string error_;
    bool too_long_ = false;
};

}  // namespace sni::http
