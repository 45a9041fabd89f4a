// Listeners that fail, and go on.
#include "lab/gateways/acceptor.h"

#include <future>

#include <sys/socket.h>

#include "lab/net/address.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace gateways_acceptor_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

/// Bound, and not listening: accept(2) says EINVAL, at once and each time.
net::Descriptor bound() {
    net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const net::Address address(loopback(0));
    REQUIRE(::bind(socket.fd(), address.get(), address.size()) == 0);
    return socket;
}

}  // namespace

TEST_CASE("a gateway whose accept fails neither spins nor goes deaf", "[gateways]") {
    const net::Descriptor listener = bound();
    const net::Wakeup stop;
    gateways::Acceptor acceptor(listener, stop);
    auto client = std::async(std::launch::async, [&] { return acceptor.next(); });
    while (acceptor.failures() < 5 && client.wait_for(1ms) != std::future_status::ready) {
    }
    REQUIRE(::listen(listener.fd(), 1) == 0);
    const test::Peer peer = test::Peer::to(net::local_endpoint(listener.fd()));
    CHECK(static_cast<bool>(client.get()));
    // 150 ms of failures with pauses; without them it would be thousands.
    CHECK(acceptor.failures() < 20);
}

TEST_CASE("a gateway that pauses after a failure still hears that it is to stop", "[gateways]") {
    const net::Descriptor listener = bound();
    const net::Wakeup stop;
    gateways::Acceptor acceptor(listener, stop);
    auto client = std::async(std::launch::async, [&] { return acceptor.next(); });
    while (acceptor.failures() == 0 && client.wait_for(1ms) != std::future_status::ready) {
    }
    stop.call();
    CHECK_FALSE(static_cast<bool>(client.get()));
}

}  // namespace gateways_acceptor_test
