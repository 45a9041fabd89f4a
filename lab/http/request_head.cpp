#include "lab/http/request_head.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/http/lines.h"

namespace sni::http {

namespace {

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

std::string in_quotes(std::string_view text) {
    return fmt::format("\"{}\"", printable(text.substr(0, 60)));
}

/// A port, or nothing (RFC 3986 §3.2.3).
bool is_port(std::string_view text) {
    constexpr int kMost = 65535;
    int port = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + (c - '0');
        if (port > kMost) return false;
    }
    return true;
}

/// uri-host [ ":" port ], as RFC 9112 §3.2 and RFC 3986 §3.2.2 have it: no user, no second colon.
bool is_authority(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto hex = [&](char c) {
        return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return false;
        const std::string_view behind = text.substr(end + 1);
        const std::string_view address = text.substr(1, end - 1);
        const bool fits = address.contains(':') && std::ranges::all_of(address, [&](char c) {
                              return hex(c) || c == ':' || c == '.';
                          });
        return fits && (behind.empty() || (behind.front() == ':' && is_port(behind.substr(1))));
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view name = text.substr(0, colon);
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (c == '%') {
            if (i + 2 >= name.size() || !hex(name[i + 1]) || !hex(name[i + 2])) return false;
            i += 2;
        } else if (!digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
                   !std::string_view("-._~!$&'()*+,;=").contains(c)) {
            return false;
        }
    }
    return colon == text.size() || (!name.empty() && is_port(text.substr(colon + 1)));
}

/// Splits the target into authority, path and query (RFC 9112 §3.2). An absolute target's
/// authority replaces the Host header.
Result<void, Refusal> split_target(Request& request) {
    std::string_view rest = request.target;
    if (rest == "*" && request.method == "OPTIONS") {
        request.path = "*";
        return {};
    }
    const std::size_t scheme = rest.find("://");
    if (!rest.starts_with('/') && scheme != std::string_view::npos) {
        const bool http = same_ignoring_case(rest.substr(0, scheme), "http") ||
                          same_ignoring_case(rest.substr(0, scheme), "https");
        if (!http) return refuse(400, fmt::format("target {} is no http URL", in_quotes(rest)));
        rest.remove_prefix(scheme + 3);
        const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
        request.host = rest.substr(0, end);
        rest.remove_prefix(end);
        if (request.host.empty()) return refuse(400, "the target has an empty host");
        if (!is_authority(request.host)) {
            return refuse(400, fmt::format("{} in the target is no host", in_quotes(request.host)));
        }
    } else if (request.method == "CONNECT" && !rest.starts_with('/')) {
        return refuse(501, "CONNECT asks for a proxy, and this is none");
    } else if (!rest.starts_with('/')) {
        return refuse(400, fmt::format("target {} does not start with a slash", in_quotes(rest)));
    }
    if (rest.contains('#')) return refuse(400, "the target holds a fragment");
    const std::size_t question = rest.find('?');
    request.path = rest.substr(0, question);
    if (request.path.empty()) request.path = "/";
    if (question != std::string_view::npos) request.query = rest.substr(question + 1);
    return {};
}

Result<void, Refusal> parse_request_line(std::string_view line, const HeadLimits& limits,
                                         Request& request) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return refuse(400,
                      fmt::format("request line {} is not METHOD TARGET VERSION", in_quotes(line)));
    }
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    request.method = line.substr(0, first);
    request.target = target;
    if (!is_token(request.method)) {
        return refuse(400, fmt::format("method {} is no token", in_quotes(request.method)));
    }
    constexpr std::size_t kLongestMethod = 32;
    if (request.method.size() > kLongestMethod) {
        return refuse(501, fmt::format("method {} is longer than any that is known here",
                                       in_quotes(request.method)));
    }
    if (target.size() > limits.target_bytes) {
        return refuse(414, fmt::format("the target has {} bytes, {} are allowed", target.size(),
                                       limits.target_bytes));
    }
    const auto unfit = [](char c) { return c == ' ' || is_control(c); };
    if (target.empty() || std::ranges::any_of(target, unfit)) {
        return refuse(400, "the target holds a space or a control byte");
    }
    const auto digit = [&](std::size_t i) { return version[i] >= '0' && version[i] <= '9'; };
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && digit(5) &&
                             version[6] == '.' && digit(7);
    if (well_formed && version[5] == '1') {
        request.minor_version = version[7] == '0' ? 0 : 1;
        return {};
    }
    if (well_formed) {
        return refuse(505,
                      fmt::format("version {} is not HTTP/1.0 or HTTP/1.1", in_quotes(version)));
    }
    return refuse(400, fmt::format("{} is no HTTP version", in_quotes(version)));
}

/// RFC 9112 §6: one length, or chunked, and never a doubt about which.
Result<Framing, Refusal> parse_framing(const Request& request) {
    const auto count = [&](std::string_view name) {
        return std::ranges::count_if(
            request.headers, [&](const Header& h) { return same_ignoring_case(h.name, name); });
    };
    const std::string* length = find_header(request.headers, "Content-Length");
    const std::string* coding = find_header(request.headers, "Transfer-Encoding");
    if (length && coding) return refuse(400, "both Content-Length and Transfer-Encoding");
    if (count("Content-Length") > 1) return refuse(400, "more than one Content-Length");
    if (count("Transfer-Encoding") > 1) return refuse(400, "more than one Transfer-Encoding");
    if (coding) {
        if (request.minor_version == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
        if (same_ignoring_case(*coding, "chunked")) return Framing{.chunked = true};
        return refuse(501, fmt::format("Transfer-Encoding {} is not chunked", in_quotes(*coding)));
    }
    if (!length) return Framing{};
    const bool digits = !length->empty() &&
                        std::ranges::all_of(*length, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) {
        return refuse(400, fmt::format("Content-Length {} is no number", in_quotes(*length)));
    }
    Framing framing;
    const auto [end, error] =
        std::from_chars(length->data(), length->data() + length->size(), framing.length);
    if (error != std::errc{}) {
        return refuse(413, fmt::format("Content-Length {} is out of range", in_quotes(*length)));
    }
    return framing;
}

Result<void, Refusal> check_host(const HeadLimits& limits, Request& request) {
    const auto hosts = std::ranges::count_if(
        request.headers, [](const Header& h) { return same_ignoring_case(h.name, "Host"); });
    if (hosts > 1) return refuse(400, "more than one Host header");
    const std::string* host = find_header(request.headers, "Host");
    if (!host && limits.host && request.minor_version == 1) {
        return refuse(400, "HTTP/1.1 without a Host header");
    }
    if (host && !is_authority(*host)) {
        return refuse(400, fmt::format("Host {} is no host", in_quotes(*host)));
    }
    if (host && request.host.empty()) request.host = *host;
    return {};
}

/// The only expectation that there is (RFC 9110 §10.1.1).
Result<bool, Refusal> expects_continue(const Request& request) {
    const auto expectations = list_header(request.headers, "Expect");
    if (!expectations || request.minor_version == 0) return false;
    ListElements elements(*expectations);
    while (const auto one = elements.next()) {
        if (!same_ignoring_case(*one, "100-continue")) {
            return refuse(417, fmt::format("expectation {} is unknown", in_quotes(*one)));
        }
    }
    return true;
}

}  // namespace

std::optional<std::size_t> head_end(std::string_view bytes, std::size_t from) {
    // The blank line may have begun before the last search stopped.
    std::size_t newline = bytes.find('\n', from < 2 ? 0 : from - 2);
    while (newline != std::string_view::npos) {
        std::size_t next = newline + 1;
        if (next < bytes.size() && bytes[next] == '\r') ++next;
        if (next < bytes.size() && bytes[next] == '\n') return next + 1;
        newline = bytes.find('\n', newline + 1);
    }
    return std::nullopt;
}

Result<Header, Refusal> parse_field_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(' ') || line.starts_with('\t')) {
        return refuse(400, "a header line that starts with white space");
    }
    if (colon == std::string_view::npos) {
        return refuse(400, fmt::format("header line {} has no colon", in_quotes(line)));
    }
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name))
        return refuse(400, fmt::format("header name {} is no token", in_quotes(name)));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) {
        value.remove_prefix(1);
    }
    while (value.ends_with(' ') || value.ends_with('\t')) {
        value.remove_suffix(1);
    }
    if (!is_header_value(value)) {
        return refuse(400, fmt::format("header {} holds a control byte", in_quotes(name)));
    }
    return Header{std::string(name), std::string(value)};
}

Result<RequestHead, Refusal> parse_head(std::string_view head, const HeadLimits& limits) {
    RequestHead parsed;
    Request& request = parsed.request;
    std::string_view rest = head;
    if (const auto line = parse_request_line(take_line(rest), limits, request); !line) {
        return std::unexpected(line.error());
    }
    if (head.size() > limits.head_bytes) {
        return refuse(431, fmt::format("the request head has {} bytes, {} are allowed", head.size(),
                                       limits.head_bytes));
    }
    for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
        auto header = parse_field_line(line);
        if (!header) return std::unexpected(header.error());
        if (request.headers.size() == limits.headers) {
            return refuse(431, fmt::format("more than {} headers", limits.headers));
        }
        request.headers.push_back(std::move(*header));
    }
    if (const auto split = split_target(request); !split) return std::unexpected(split.error());
    if (const auto host = check_host(limits, request); !host) return std::unexpected(host.error());
    const auto framing = parse_framing(request);
    if (!framing) return std::unexpected(framing.error());
    parsed.framing = *framing;

    const bool close = has_token(request.headers, "Connection", "close");
    const bool keep = has_token(request.headers, "Connection", "keep-alive");
    parsed.keep_alive = !close && (request.minor_version == 1 || keep);
    if (const auto expects = expects_continue(request); !expects) {
        return std::unexpected(expects.error());
    } else {
        parsed.expects_continue = *expects;
    }
    return parsed;
}

}  // namespace sni::http
