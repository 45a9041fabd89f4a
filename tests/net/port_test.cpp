// A port that we listen on is ours alone, whoever comes later and however.
#include <netinet/in.h>
#include <sys/socket.h>

#include "lab/net/bind.h"
#include "tests/support/catch.h"
#include "tests/support/router_lab.h"

namespace net_port_test {

using namespace sni;
using namespace sni::test;

namespace {

/// True when a socket like HAProxy's, nginx's or a script's, as the same user, gets the port, too.
bool joins(const Endpoint& endpoint, bool reuse_address, bool reuse_port, bool dual_stack = false) {
    const net::Address address(endpoint);
    const net::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto set = [&](int level, int option, bool on) {
        const int value = on ? 1 : 0;
        ::setsockopt(socket.fd(), level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_REUSEADDR, reuse_address);
    set(SOL_SOCKET, SO_REUSEPORT, reuse_port);
    if (address.family() == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, !dual_stack);
    return ::bind(socket.fd(), address.get(), address.size()) == 0 && ::listen(socket.fd(), 1) == 0;
}

}  // namespace

TEST_CASE("nobody joins a port later, not even by SO_REUSEPORT", "[net]") {
    using Kind = Endpoint::Kind;
    const bool address = GENERATE(false, true);
    const bool port = GENERATE(false, true);
    const unsigned threads = GENERATE(1u, 4u);
    CAPTURE(address, port, threads);
    SECTION("at its address and at every address") {
        const auto ours = net::bind_listeners(loopback(0), threads);
        const Endpoint local = net::local_endpoint(ours.front().fd());
        CHECK_FALSE(joins(local, address, port));
        CHECK_FALSE(joins({Kind::ipv4, "0.0.0.0", local.port}, address, port));
        CHECK_FALSE(joins({Kind::ipv6, "::", local.port}, address, port, true));
    }
    SECTION("at any address of a listener on all of them") {
        const auto ours = net::bind_listeners({Kind::ipv4, "0.0.0.0", 0}, threads);
        const Endpoint local = net::local_endpoint(ours.front().fd());
        CHECK_FALSE(joins(local, address, port));
        CHECK_FALSE(joins(loopback(local.port), address, port));
        CHECK_FALSE(joins({Kind::ipv6, "::", local.port}, address, port, true));
    }
    SECTION("nor over IPv6") {
        const auto ours = net::bind_listeners({Kind::ipv6, "::1", 0}, threads);
        const Endpoint local = net::local_endpoint(ours.front().fd());
        CHECK_FALSE(joins(local, address, port));
        CHECK_FALSE(joins({Kind::ipv6, "::", local.port}, address, port, true));
    }
}

}  // namespace net_port_test
