#include "cli/curl_line.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/core/shell_quote.h"
#include "lab/http/query.h"

namespace sni::cli {

namespace {

/// A segment that curl would take out of the path (RFC 3986 §5.2.4), also where it is escaped.
bool has_dot_segments(std::string_view target) {
    std::string_view path = target.substr(0, target.find('?'));
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string segment = http::percent_decode(path.substr(0, end));
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(end);
    }
    return false;
}

/// curl's flags for a hello as ours; what it has none for is left out.
std::string hello_words(const HelloFlags& hello) {
    std::string words;
    const auto alpn = alpn_names(hello.alpn);
    const bool offers_h2 = hello.alpn.empty() || std::ranges::count(alpn, "h2") > 0;
    if (!offers_h2) words += " --http1.1";
    if (hello.alpn == "none") words += " --no-alpn";
    if (hello.tls == "1.2") words += " --tlsv1.2 --tls-max 1.2";
    if (hello.tls == "1.3") words += " --tlsv1.3";
    if (!hello.groups.empty()) words += " --curves " + shell_quoted(openssl_groups(hello));
    return words;
}

bool is_header(const std::string& line, std::string_view name) {
    return to_lower_ascii(line.substr(0, line.find(':'))) == name;
}

}  // namespace

std::string curl_words(const CurlRequest& request) {
    // A URL with an address has no SNI, whatever --connect-to leads it to.
    http::Url url = request.url;
    if (request.sni) {
        url.host = *request.sni;
    } else if (!url.is_ip()) {
        url.host = "127.0.0.1";
    }
    const bool other_host = url.host != request.url.host;
    const bool untrusted = !request.sni && other_host;
    const std::string written = fmt::format("https://{}{}", url.authority(), url.target);
    const auto given = [&](std::string_view name) {
        return std::ranges::any_of(request.headers,
                                   [&](const auto& line) { return is_header(line, name); });
    };

    std::string words = "-v";
    if (untrusted) {
        words += " --insecure";
    } else if (!request.trust.empty()) {
        words += " " + request.trust;
    }
    const std::string from = url.authority() + (url.port == 443 ? ":443" : "");
    words += " --connect-to " + shell_quoted(from + ":" + request.to);
    words += hello_words(request.hello);
    if (!request.client.cert.empty()) {
        words += fmt::format(" --cert {} --key {}", shell_quoted(request.client.cert.string()),
                             shell_quoted(request.client.key.string()));
    }
    if (written.find_first_of("[]{}") != std::string::npos) words += " --globoff";
    if (has_dot_segments(url.target)) words += " --path-as-is";
    if (!given("user-agent")) words += " -A sni-lab";
    if (other_host && !given("host"))
        words += " -H " + shell_quoted("Host: " + request.url.authority());
    for (const std::string& line : request.headers) {
        words += " -H " + shell_quoted(line);
    }
    return words + " " + shell_quoted(written);
}

bool is_curls_own(const HelloFlags& hello) {
    const bool by_alpn = hello.alpn.empty() || hello.alpn == "none" || hello.alpn == "http/1.1" ||
                         hello.alpn == "h2,http/1.1";
    return hello.as == "curl" && by_alpn;
}

}  // namespace sni::cli
