#include "lab/core/cidr.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni {

namespace {

using Address = std::array<unsigned char, 16>;

constexpr unsigned kMapped = 96;  // bits in front of the IPv4 address (RFC 4291 §2.5.5.2)
constexpr Address kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const Address& address) {
    return std::ranges::equal(std::span(address).first(kMapped / 8),
                              std::span(kMappedPrefix).first(kMapped / 8));
}

std::optional<Address> read_address(const std::string& text) {
    if (text.contains('\0')) return std::nullopt;  // inet_pton would stop there
    Address address = kMappedPrefix;
    if (inet_pton(AF_INET, text.c_str(), address.data() + kMapped / 8) == 1) return address;
    if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
    return std::nullopt;
}

/// `address` with every bit behind the prefix cleared.
Address masked(Address address, unsigned prefix) {
    for (unsigned i = 0; i < address.size(); ++i) {
        const unsigned kept = std::clamp(prefix, 8 * i, 8 * i + 8) - 8 * i;
        address[i] &= static_cast<unsigned char>(0xff00u >> kept);
    }
    return address;
}

std::string to_text(const Address& address, unsigned prefix, bool v4) {
    char text[INET6_ADDRSTRLEN] = "";
    if (v4) {
        inet_ntop(AF_INET, address.data() + kMapped / 8, text, sizeof text);
    } else {
        inet_ntop(AF_INET6, address.data(), text, sizeof text);
    }
    return fmt::format("{}/{}", text, v4 ? prefix - kMapped : prefix);
}

}  // namespace

Result<Cidr, std::string> Cidr::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    const std::optional<Address> address = read_address(host);
    if (!address) {
        return std::unexpected(
            fmt::format("\"{}\" is not an address or a range of them, as in 10.0.0.0/8 or ::1",
                        printable(text)));
    }
    const bool written_as_v4 = !host.contains(':');
    Cidr cidr;
    cidr.prefix_ = 128;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const unsigned most = written_as_v4 ? 32 : 128;
        unsigned prefix = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
        const bool canonical = digits == "0" || !digits.starts_with('0');
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
            !canonical || prefix > most) {
            return std::unexpected(fmt::format("prefix \"{}\" of \"{}\" is not a number up to {}",
                                               printable(digits), printable(text), most));
        }
        cidr.prefix_ = written_as_v4 ? prefix + kMapped : prefix;
    }
    cidr.v4_ = is_mapped(*address) && cidr.prefix_ >= kMapped;
    cidr.base_ = masked(*address, cidr.prefix_);
    if (cidr.base_ != *address) {
        return std::unexpected(fmt::format("\"{}\" has bits behind its prefix; write {} or {}",
                                           printable(text), cidr.text(), host));
    }
    return cidr;
}

bool Cidr::contains(const Endpoint& endpoint) const {
    if (endpoint.kind != Endpoint::Kind::ipv4 && endpoint.kind != Endpoint::Kind::ipv6) {
        return false;
    }
    const std::optional<Address> address = read_address(endpoint.host);
    // ::/0 is every IPv6 address, and IPv4 ones are none of them here.
    return address && is_mapped(*address) == v4_ && masked(*address, prefix_) == base_;
}

std::string Cidr::text() const {
    return to_text(base_, prefix_, v4_);
}

}  // namespace sni
