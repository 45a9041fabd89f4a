#include "lab/net/own_address.h"

#include "tests/support/catch.h"

namespace net_own_address_test {

using namespace sni;

namespace {

bool leads(const char* to, const char* listening) {
    return net::leads_to(parse_endpoint(to).value(), parse_endpoint(listening).value());
}

}  // namespace

TEST_CASE("an address leads to the listener that is bound to it, however it is written", "[net]") {
    CHECK(leads("127.0.0.1:443", "127.0.0.1:443"));
    CHECK(leads("[::ffff:127.0.0.1]:443", "127.0.0.1:443"));
    CHECK(leads("[0:0:0:0:0:0:0:1]:443", "[::1]:443"));
    CHECK(leads("0.0.0.0:443", "127.0.0.1:443"));
    CHECK(leads("[::]:443", "[::1]:443"));
}

TEST_CASE("every address of this machine leads to a listener on all of them", "[net]") {
    CHECK(leads("127.0.0.1:443", "0.0.0.0:443"));
    CHECK(leads("127.8.9.10:443", "0.0.0.0:443"));
    CHECK(leads("0.0.0.0:443", "0.0.0.0:443"));
    CHECK(leads("[::ffff:127.0.0.3]:443", "0.0.0.0:443"));
    CHECK(leads("[::1]:443", "[::]:443"));
    CHECK(leads("[::]:443", "[::]:443"));
}

TEST_CASE("another port, another address, another family and a path lead elsewhere", "[net]") {
    CHECK_FALSE(leads("127.0.0.1:444", "127.0.0.1:443"));
    CHECK_FALSE(leads("127.0.0.2:443", "127.0.0.1:443"));
    CHECK_FALSE(leads("127.0.0.1:443", "[::]:443"));  // ours take IPv6 only
    CHECK_FALSE(leads("[::1]:443", "0.0.0.0:443"));
    CHECK_FALSE(leads("192.0.2.1:443", "0.0.0.0:443"));
    CHECK_FALSE(leads("unix:/run/a.sock", "0.0.0.0:443"));
}

}  // namespace net_own_address_test
