#include <set>

#include "lab/net/bind.h"
#include "lab/net/dial.h"
#include "tests/support/catch.h"

namespace net_source_port_test {

using namespace sni;
using net::SourcePort;

TEST_CASE("a connection comes from a port of the parity that was wished for", "[net]") {
    const net::Descriptor listener = net::bind_listener(loopback(0));
    const Endpoint here = net::local_endpoint(listener.fd());
    for (const SourcePort wish : {SourcePort::even, SourcePort::odd}) {
        std::set<unsigned> ports;
        for (int i = 0; i < 50; ++i) {
            const auto socket =
                net::dial(here, net::Clock::now() + std::chrono::seconds(10), nullptr, wish);
            REQUIRE(socket);
            const unsigned port = net::local_endpoint(socket->fd()).port;
            CHECK(port % 2 == (wish == SourcePort::odd ? 1 : 0));
            ports.insert(port);
        }
        CHECK(ports.size() > 10);
    }
}

TEST_CASE("a wish for a source port never stands in a connection's way", "[net]") {
    const auto soon = net::Clock::now() + std::chrono::seconds(10);
    const Endpoint nobody = [] {
        const net::Descriptor gone = net::bind_listener(loopback(0));
        return net::local_endpoint(gone.fd());
    }();
    const auto refused = net::dial(nobody, soon, nullptr, SourcePort::odd);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == ECONNREFUSED);
    const Endpoint nowhere{Endpoint::Kind::unix_path, "/nowhere", 0};
    CHECK(net::dial(nowhere, soon, nullptr, SourcePort::odd).error() == ENOENT);
}

}  // namespace net_source_port_test
