// A request and a response as values: what handlers take and give. How they come off the wire and
// go onto it is request_reader.h's and web/answer_writer.h's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sni::http {

struct Header {
    std::string name;  ///< as sent
    std::string value;
    bool operator==(const Header&) const = default;
};
/// In the order of the wire, duplicates included.
using Headers = std::vector<Header>;

/// The first value of `name`, whatever its case; null when there is none.
const std::string* find_header(const Headers& headers, std::string_view name);
/// Of a header whose value is a list all that its lines say, joined by ", ", as if it were one line
/// (RFC 9110 §5.3); nothing when there is none.
std::optional<std::string> list_header(const Headers& headers, std::string_view name);
/// True when one of the comma-separated items of any `name` header is `token`, whatever its case.
bool has_token(const Headers& headers, std::string_view name, std::string_view token);
/// ASCII letters only.
bool same_ignoring_case(std::string_view a, std::string_view b);

struct Request {
    std::string method;
    std::string target;  ///< as sent
    std::string host;    ///< authority of an absolute target, else the Host header; may be empty
    std::string path;    ///< of the target, not yet decoded; "*" for OPTIONS *
    std::string query;   ///< what stands behind the first '?', not yet decoded
    int minor_version = 1;
    Headers headers;
    std::string body;  ///< transfer coding removed
    bool operator==(const Request&) const = default;
};

/// The Content-Type without its parameters; empty when there is none.
std::string_view media_type(const Request& request);

/// What a body that comes bit by bit has next: bytes that go out at once, or a time to wait before
/// it is asked again. With neither and without `last` it broke off, and then the client must not
/// take what it has for the whole.
struct Piece {
    std::string bytes;
    std::chrono::milliseconds wait{0};
    bool last = false;  ///< nothing follows these bytes, which may be none
};
/// Gives the next piece each time it is called. It never sleeps: whoever sends it has the clock.
using Stream = std::function<Piece()>;

/// What a connection says once it has left HTTP behind.
struct Reply {
    std::string bytes;
    bool last = false;     ///< nothing follows it
    std::size_t held = 0;  ///< bytes that the conversation keeps of what it has heard
};
/// Takes what arrives, in whatever pieces, and keeps what it needs of it.
using Conversation = std::function<Reply(std::string_view)>;

/// What a backend does wrong on purpose: it never answers, resets the connection, or closes it
/// without an answer.
enum class Fault { hang, reset, close };

/// Either `body`, sent with its length, or `stream`.
struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    Stream stream;
    std::size_t held = 0;  ///< bytes of memory that `stream` keeps, where they may be many
    /// Of what `stream` writes, when it is known before; without it the body is chunked.
    std::optional<std::uint64_t> length;
    /// Asked for when `stream` is done; left out where there are no chunks.
    std::function<Headers()> trailers;
    /// So long it is held back, from when it was asked for; its head says what is true then.
    std::chrono::milliseconds after{0};
    /// With status 101: who speaks from here on, and what is said when this side ends it.
    Conversation conversation;
    std::string farewell;
    /// This instead of an answer.
    std::optional<Fault> fault;
};

/// 204 and 304 never have a body, not even an empty one with a length (RFC 9110 §6.4.1).
bool may_have_body(int status);
/// "I'm a teapot" for 418; the name of its class for a code nobody registered.
std::string_view reason_phrase(int status);

/// A token of RFC 9110 §5.6.2, as methods and header names are.
bool is_token(std::string_view text);
/// True when nothing in it could end a header line: no control bytes but the tab.
bool is_header_value(std::string_view text);

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace sni::http
