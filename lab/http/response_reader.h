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
    int minor = 1;  ///< of the version: 0 for HTTP/1.0
    int status = 0;
    std::string reason;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool until_end = false;  ///< only the connection's end says where the body ends
    bool operator==(const ParsedResponse&) const = default;

    /// The first header of that (lower-case) name.
    std::optional<std::string> header(std::string_view name) const;
};

/// Feeds on bytes until a response is whole. Interim 1xx responses are skipped, 16 at most, but 101
/// is the last of its connection's HTTP (RFC 9110 §15.2.2). Nothing but identity and chunked
/// framing is understood; a body may be at most `body_limit` bytes, a head 64 KiB. A line of the
/// head may end in LF alone (RFC 9112 §2.2), and a folded one is put together (§5.2).
class ResponseReader {
  public:
    enum class State { need_more, whole, broken };

    explicit ResponseReader(std::size_t body_limit) : body_limit_(body_limit) {}

    /// Takes `bytes`; what comes behind a whole response is kept for nobody, since we never
    /// pipeline.
    State feed(std::string_view bytes);
    /// The connection ended, or nobody waits any longer: whole only when the response is framed by
    /// the connection's end, and that was `orderly`, with close_notify (RFC 9112 §9.8).
    State end(bool orderly);
    /// After whole.
    ParsedResponse& response() { return response_; }
    /// Of a response that is not whole what came, from the end of its head on; nothing before.
    std::optional<ParsedResponse> begun() const;
    /// After broken: a sentence without full stop.
    const std::string& error() const { return error_; }
    /// Broken because what came begins no response.
    bool no_http() const { return no_http_; }
    /// Broken only because there is more of it than is read.
    bool too_long() const { return too_long_; }

  private:
    enum class Framing { head, length, chunked, until_end };

    State advance();
    State read_head();
    State read_framing();
    State read_chunks();
    State no_status_line(std::string_view line);
    State broken(std::string why);
    State more_than_is_read(std::string why);

    std::size_t body_limit_;
    std::string buffer_;
    Framing framing_ = Framing::head;
    std::size_t length_ = 0;
    int interim_ = 0;
    ParsedResponse response_;
    bool begun_ = false;
    std::string error_;
    bool no_http_ = false;
    bool too_long_ = false;
};

}  // namespace sni::http
