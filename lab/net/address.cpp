#include "lab/net/address.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace sni::net {

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
            inet_pton(AF_INET6, endpoint.host.c_str(), &v6.sin6_addr);
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
            assert(false && "names are resolved when routes are loaded");
            break;
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

Endpoint local_endpoint(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
    return Address(reinterpret_cast<const sockaddr*>(&storage), size).endpoint();
}

}  // namespace sni::net
