#include "lab/net/address.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>

namespace sni::net {

namespace {

/// RFC 4007 §11.2: an interface's name or number. One that is not there yet gets 0, and the kernel
/// says that it needs one.
std::uint32_t zone_index(const std::string& zone) {
    if (const unsigned index = ::if_nametoindex(zone.c_str()); index != 0) return index;
    std::uint32_t number = 0;
    std::from_chars(zone.data(), zone.data() + zone.size(), number);
    return number;
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t size)
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
    std::memcpy(&storage_, address, size_);
}

Address::Address(const Endpoint& endpoint) {
    switch (endpoint.kind) {
        case Endpoint::Kind::ipv4: {
            sockaddr_in v4{};
            v4.sin_family = AF_INET;
            v4.sin_port = htons(endpoint.port);
            inet_pton(AF_INET, endpoint.host.c_str(), &v4.sin_addr);
            std::memcpy(&storage_, &v4, size_ = sizeof v4);
            break;
        }
        case Endpoint::Kind::ipv6: {
            sockaddr_in6 v6{};
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(endpoint.port);
            const std::size_t percent = endpoint.host.find('%');
            inet_pton(AF_INET6, endpoint.host.substr(0, percent).c_str(), &v6.sin6_addr);
            if (percent != std::string::npos)
                v6.sin6_scope_id = zone_index(endpoint.host.substr(percent + 1));
            std::memcpy(&storage_, &v6, size_ = sizeof v6);
            break;
        }
        case Endpoint::Kind::unix_path:
            storage_.sun_family = AF_UNIX;
            // parse_endpoint lets no longer path through; the last byte stays NUL in any case.
            endpoint.host.copy(storage_.sun_path, sizeof storage_.sun_path - 1);
            size_ = sizeof storage_;
            break;
        case Endpoint::Kind::name:
            // Nobody dials a name: they are resolved when routes are loaded.
            throw std::logic_error("the address of " + endpoint.host + " was never looked up");
    }
}

Endpoint Address::endpoint() const {
    char text[INET6_ADDRSTRLEN] = "";
    if (family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage_, sizeof v4);
        // inet_ntop(3) prints with printf(3): too slow for every client.
        const auto octet = std::bit_cast<std::array<std::uint8_t, 4>>(v4.sin_addr.s_addr);
        return {Endpoint::Kind::ipv4,
                fmt::format("{}.{}.{}.{}", octet[0], octet[1], octet[2], octet[3]),
                ntohs(v4.sin_port)};
    }
    if (family() == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage_, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        return {Endpoint::Kind::ipv6, text, ntohs(v6.sin6_port)};
    }
    return {Endpoint::Kind::unix_path, storage_.sun_path, 0};
}

Endpoint Address::endpoint_with_zone() const {
    Endpoint plain = endpoint();
    if (family() != AF_INET6) return plain;
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage_, sizeof v6);
    if (v6.sin6_scope_id == 0 || !IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) return plain;
    char name[IF_NAMESIZE] = "";
    const bool named = ::if_indextoname(v6.sin6_scope_id, name) != nullptr;
    plain.host += fmt::format("%{}", named ? name : std::to_string(v6.sin6_scope_id));
    return plain;
}

Endpoint local_endpoint(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
    return Address(reinterpret_cast<const sockaddr*>(&storage), size).endpoint_with_zone();
}

}  // namespace sni::net
