// An https URL, taken apart as far as one request needs it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/core/result.h"

namespace sni::http {

/// `host` is a DNS name in lower case, or an IP literal without brackets; `target` is the path and
/// query as they go into the request line, "/" at least.
struct Url {
    std::string host;
    std::uint16_t port = 443;
    std::string target = "/";
    bool operator==(const Url&) const = default;

    /// The Host header: the port only when it is not 443, IPv6 in brackets (RFC 9110 §7.2).
    std::string authority() const;
    bool is_ip() const;
};

/// "https://HOST[:PORT][/PATH][?QUERY]", the scheme in any case (RFC 3986 §3.1) or left out, as
/// curl takes it; a fragment is dropped, user information refused. The error is a sentence.
Result<Url, std::string> parse_https_url(std::string_view text);

}  // namespace sni::http
