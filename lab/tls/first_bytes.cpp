#include "lab/tls/first_bytes.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lab/core/dns_name.h"

namespace sni::tls {

namespace {

using namespace std::string_view_literals;

struct Beginning {
    std::string_view bytes;
    std::string_view word;
};

/// In ASCII, upper case; the client may write it in lower.
constexpr auto kTexts = std::to_array<Beginning>({
    {"PROXY ", "proxy"},   {"PRI * HTTP/2", "http2"}, {"SSH-", "ssh"},      {"GET ", "http"},
    {"HEAD ", "http"},     {"POST ", "http"},         {"PUT ", "http"},     {"DELETE ", "http"},
    {"OPTIONS ", "http"},  {"PATCH ", "http"},        {"CONNECT ", "http"}, {"TRACE ", "http"},
    {"PROPFIND ", "http"}, {"EHLO ", "smtp"},         {"HELO ", "smtp"},    {"LHLO ", "smtp"},
    {"STARTTLS", "smtp"},  {"STLS", "pop3"},          {"CAPA\r", "pop3"},   {"AUTH TLS", "ftp"},
    {"AUTH SSL", "ftp"},   {"FEAT\r", "ftp"},         {"<?XML", "xmpp"},    {"<STREAM:", "xmpp"},
    {"*1\r\n$", "redis"},  {"*2\r\n$", "redis"},      {"*3\r\n$", "redis"}, {"PING\r\n", "redis"},
});

/// Bytes as they are.
constexpr auto kBinaries = std::to_array<Beginning>({
    {"\r\n\r\n\0\r\nQUIT\n"sv, "proxy"},
    {"\x04\x01"sv, "socks"},
    {"\x05\x01\x00"sv, "socks"},
    {"\x05\x02"sv, "socks"},
});

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return number;
}

/// PostgreSQL, "Message Formats": a length, then 80877103 (SSLRequest), 80877104 (GSSENCRequest),
/// 80877102 (CancelRequest) or version 3.
bool is_postgres(std::string_view bytes) {
    if (bytes.size() < 8) return false;
    const std::uint32_t length = number_at(bytes, 0);
    const std::uint32_t code = number_at(bytes, 4);
    const bool request = (length == 8 && (code == 80'877'103 || code == 80'877'104)) ||
                         (length == 16 && code == 80'877'102);
    return request || (code >> 16 == 3 && length >= 9 && length < 10'000);
}

/// MySQL's SSLRequest, which a client sends without waiting for the greeting only by mistake: 32
/// bytes, number 1.
bool is_mysql(std::string_view bytes) {
    return bytes.size() >= 36 && bytes.starts_with("\x20\0\0\x01"sv);
}

/// RFC 4511 §4.1.1: SEQUENCE { messageID 1, … }.
bool is_ldap(std::string_view bytes) {
    const auto long_form = bytes.size() > 6 && bytes[1] == '\x84' ? 4u : 0u;
    return bytes.size() > long_form + 5 && bytes[0] == '\x30' &&
           bytes.substr(2 + long_form, 3) == "\x02\x01\x01"sv;
}

/// RFC 2126 over ISO 8073: TPKT version 3, a connection request.
bool is_rdp(std::string_view bytes) {
    return bytes.size() >= 7 && bytes.starts_with("\x03\0"sv) && bytes[5] == '\xe0';
}

bool is_mqtt(std::string_view bytes) {
    return bytes.size() >= 8 && bytes[0] == '\x10' &&
           (bytes.substr(2, 6) == "\0\4MQTT"sv || bytes.substr(2, 6) == "\0\6MQIs"sv);
}

/// "a1 CAPABILITY": a tag of the client's choice comes first (RFC 9051 §2.2.1).
bool is_imap(std::string_view upper) {
    const std::size_t space = upper.find(' ');
    if (space == std::string_view::npos || space == 0 || space > 8) return false;
    const std::string_view command = upper.substr(space + 1);
    return command.starts_with("CAPABILITY") || command.starts_with("STARTTLS") ||
           command.starts_with("LOGIN ") || command.starts_with("ID (");
}

}  // namespace

std::string_view spoken_in(Bytes bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                                std::min<std::size_t>(bytes.size(), 64));
    if (text.empty()) return "nothing";
    for (const Beginning& each : kBinaries) {
        if (text.starts_with(each.bytes)) return each.word;
    }
    std::string upper = to_lower_ascii(text);
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    });
    for (const Beginning& each : kTexts) {
        if (upper.starts_with(each.bytes)) return each.word;
    }
    if (is_postgres(text)) return "postgres";
    if (is_mysql(text)) return "mysql";
    if (is_ldap(text)) return "ldap";
    if (is_rdp(text)) return "rdp";
    if (is_mqtt(text)) return "mqtt";
    if (is_imap(upper)) return "imap";
    const bool record = text.size() >= 2 && text[0] >= '\x14' && text[0] <= '\x18' && text[1] == 3;
    if (record) return "tls";
    const auto printable = [](char c) {
        return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t';
    };
    return std::ranges::all_of(text, printable) ? "text" : "binary";
}

}  // namespace sni::tls
