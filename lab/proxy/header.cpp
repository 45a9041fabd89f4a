#include "lab/proxy/header.h"

#include <algorithm>

#include <arpa/inet.h>

#include "lab/proxy/versions.h"

namespace sni::proxy {

namespace {

/// As far as both go.
bool agree(std::string_view a, std::string_view b) {
    const std::size_t shorter = std::min(a.size(), b.size());
    return a.substr(0, shorter) == b.substr(0, shorter);
}

}  // namespace

Reading read_header(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    if (agree(text, kLine)) return read_v1(text);
    if (agree(text, kSignature)) return read_v2(bytes);
    return std::unexpected(HeaderError::no_header);
}

std::vector<std::byte> write_header(const Header& header) {
    std::optional<Addresses> addresses = header.local ? std::nullopt : header.addresses;
    if (addresses) {
        const Addresses plain{unmapped(addresses->source), unmapped(addresses->destination)};
        if (plain.source.kind == plain.destination.kind) addresses = plain;
        const Endpoint::Kind kind = addresses->source.kind;
        if (addresses->destination.kind != kind || kind == Endpoint::Kind::name) addresses.reset();
    }
    if (header.version == Version::v2) return write_v2(header, addresses);
    const std::string line = write_v1(addresses);
    const Bytes bytes = as_bytes(line);
    return {bytes.begin(), bytes.end()};
}

std::string_view to_string(HeaderError error) {
    switch (error) {
        case HeaderError::no_header:
            return "no_header";
        case HeaderError::line_too_long:
            return "line_too_long";
        case HeaderError::bad_line:
            return "bad_line";
        case HeaderError::bad_version:
            return "bad_version";
        case HeaderError::bad_command:
            return "bad_command";
        case HeaderError::bad_family:
            return "bad_family";
        case HeaderError::too_large:
            return "too_large";
        case HeaderError::too_short:
            return "too_short";
        case HeaderError::bad_tlv:
            return "bad_tlv";
        case HeaderError::bad_checksum:
            break;
    }
    return "bad_checksum";
}

std::string read_ip(int family, Bytes address) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(family, address.data(), text, sizeof text);
    return text;
}

}  // namespace sni::proxy
