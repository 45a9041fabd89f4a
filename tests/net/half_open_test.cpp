#include "lab/net/loop/half_open.h"

#include "lab/net/loop/net.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace net_half_open_test {

using namespace sni;
using namespace sni::test;

TEST_CASE("a client that is kept back is found by its port and state", "[net]") {
    const char* const table =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0100007F:20FB 0100007F:8B0C 03 00000000:00000000 01:00000031 00000000     0\n"
        "   2: 0100007F:20FC 0100007F:20FD 01 00000000:00000000 00:00000000 00000000     0\n";
    CHECK(net::shows_half_open(table, 0x20fb));
    CHECK_FALSE(net::shows_half_open(table, 0x20fc));  // connected
    CHECK_FALSE(net::shows_half_open(table, 0x20fd));  // not the local port
    CHECK(net::shows_half_open("head\n 0: 00000000000000000000000001000000:0016 0:1 03 \n", 0x16));
    CHECK_FALSE(net::shows_half_open("", 1));
    CHECK_FALSE(net::shows_half_open("head\nnot a table\n", 1));
    CHECK_FALSE(net::shows_half_open("0: 0:1 0:2", 1));
}

TEST_CASE("the kernel lists a silent client while it keeps it back, and no other", "[net]") {
    net::Loop loop;
    net::Quota quota(10);
    net::Listener listener(loop, net::bind_listener(loopback(0)), quota);
    CHECK_FALSE(net::has_half_open(listener.local().port));
    const Peer silent = Peer::to(listener.local());
    CHECK(net::has_half_open(listener.local().port));
    CHECK(listener.stop_deferring());
    net::Listener other(loop, net::bind_listener(loopback(0)), quota);
    CHECK_FALSE(other.stop_deferring());
    const Peer late = Peer::to(other.local());
    CHECK(other.accept_waiting());  // not kept back any more
}

}  // namespace net_half_open_test
