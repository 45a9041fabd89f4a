#include "lab/net/own_address.h"

#include <cstring>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lab/net/address.h"
#include "lab/net/descriptor.h"

namespace sni::net {

namespace {

/// An address without its port, of either family as IPv6 has it; a wildcard stays one.
in6_addr bits_of(const Endpoint& endpoint) {
    in6_addr bits{};
    if (endpoint.kind == Endpoint::Kind::ipv4) {
        bits.s6_addr[10] = bits.s6_addr[11] = 0xff;
        inet_pton(AF_INET, endpoint.host.c_str(), &bits.s6_addr[12]);
    } else {
        const std::string host = endpoint.host.substr(0, endpoint.host.find('%'));
        inet_pton(AF_INET6, host.c_str(), &bits);
    }
    return bits;
}

bool is_any_v4(const in6_addr& bits) {
    static constexpr unsigned char kNone[4] = {};
    return IN6_IS_ADDR_V4MAPPED(&bits) && std::memcmp(&bits.s6_addr[12], kNone, 4) == 0;
}

/// What the kernel makes of it when it is dialled: "any" is this machine.
in6_addr dialled(in6_addr bits) {
    if (is_any_v4(bits)) {
        bits.s6_addr[12] = 127;
        bits.s6_addr[15] = 1;
    }
    return IN6_IS_ADDR_UNSPECIFIED(&bits) ? in6_addr(IN6ADDR_LOOPBACK_INIT) : bits;
}

/// The kernel answers an address of its own from that very address. Nothing is sent.
bool is_of_this_machine(const Endpoint& to, const in6_addr& bits) {
    if (IN6_IS_ADDR_V4MAPPED(&bits) && bits.s6_addr[12] == 127) return true;
    if (IN6_IS_ADDR_LOOPBACK(&bits)) return true;
    const Address address(to);
    const Descriptor probe(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!probe || ::connect(probe.fd(), address.get(), address.size()) != 0) return false;
    const in6_addr from = bits_of(local_endpoint(probe.fd()));
    return std::memcmp(&from, &bits, sizeof bits) == 0;
}

bool is_ip(const Endpoint& endpoint) {
    return endpoint.kind == Endpoint::Kind::ipv4 || endpoint.kind == Endpoint::Kind::ipv6;
}

}  // namespace

bool leads_to(const Endpoint& to, const Endpoint& listening) {
    if (!is_ip(to) || !is_ip(listening) || to.port != listening.port) return false;
    const in6_addr there = dialled(bits_of(to));
    const in6_addr here = bits_of(listening);
    if (std::memcmp(&there, &here, sizeof here) == 0) return true;
    const bool v4 = IN6_IS_ADDR_V4MAPPED(&there);
    const bool all = v4 ? is_any_v4(here) : IN6_IS_ADDR_UNSPECIFIED(&here) != 0;
    return all && is_of_this_machine(to, there);
}

}  // namespace sni::net
