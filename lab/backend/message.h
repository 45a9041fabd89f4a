// A request and a response as values: what handlers take and give. How they come off the wire and
// go onto it is request_reader.h's and lab_server.h's business.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sni::backend {

struct Header {
    std::string name;  ///< as sent
    std::string value;
    bool operator==(const Header&) const = default;
};
/// In the order of the wire, duplicates included.
using Headers = std::vector<Header>;

/// The first value of `name`, whatever its case; null when there is none.
const std::string* find_header(const Headers& headers, std::string_view name);
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

/// Sends bytes to the client; false when it is gone.
using Write = std::function<bool(std::string_view)>;

/// Either `body`, sent with its length, or `stream`, called once to write a body piece by piece.
struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::function<void(const Write&)> stream;
};

/// 204 and 304 never have a body, not even an empty one with a length (RFC 9110 §6.4.1).
bool may_have_body(int status);
/// "I'm a teapot" for 418; the name of its class for a code nobody registered.
std::string_view reason_phrase(int status);

}  // namespace sni::backend
