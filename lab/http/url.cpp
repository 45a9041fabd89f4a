#include "lab/http/url.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/core/endpoint.h"

namespace sni::http {

std::string Url::authority() const {
    const std::string name = host.contains(':') ? "[" + host + "]" : host;
    return port == 443 ? name : fmt::format("{}:{}", name, port);
}

bool Url::is_ip() const {
    return is_ip_literal(host);
}

Result<Url, std::string> parse_https_url(std::string_view text) {
    constexpr std::string_view kScheme = "https://";
    std::string_view rest = text;
    if (text.substr(0, text.find_first_of("/?#")).ends_with(':') && text.contains("://")) {
        if (to_lower_ascii(text.substr(0, kScheme.size())) != kScheme) {
            return std::unexpected(
                fmt::format("\"{}\" does not start with https://", printable(text)));
        }
        rest.remove_prefix(kScheme.size());
    }
    const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    std::string target(rest.substr(authority_end, rest.find('#') - authority_end));
    if (!target.starts_with('/')) target.insert(0, "/");
    // What would end the request line early, or start another one.
    const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
    if (std::ranges::any_of(target, forbidden)) {
        return std::unexpected(fmt::format(
            "\"{}\" holds a space or a control character; write it as %XX", printable(text)));
    }
    if (authority.contains('@')) return std::unexpected("a user name in the URL is not supported");
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    const auto endpoint =
        parse_endpoint(has_port ? std::string(authority) : std::string(authority) + ":443");
    if (!endpoint) return std::unexpected(endpoint.error());
    if (endpoint->port == 0) return std::unexpected("port 0 is none to connect to");
    return Url{endpoint->host, endpoint->port, std::move(target)};
}

}  // namespace sni::http
