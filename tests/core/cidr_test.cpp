#include "lab/core/cidr.h"

#include "tests/support/catch.h"

namespace core_cidr_test {

using namespace sni;

namespace {

bool covers(std::string_view range, const std::string& address) {
    const bool v6 = address.contains(':');
    return Cidr::parse(range).value().contains(
        {v6 ? Endpoint::Kind::ipv6 : Endpoint::Kind::ipv4, address, 50'312});
}

std::string wrong(std::string_view range) {
    const auto cidr = Cidr::parse(range);
    return cidr ? "taken as " + cidr->text() : cidr.error();
}

}  // namespace

TEST_CASE("a range covers the addresses whose first bits are its own", "[core]") {
    CHECK(covers("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(covers("10.0.0.0/8", "11.0.0.1"));
    CHECK(covers("192.0.2.128/25", "192.0.2.128"));
    CHECK(covers("192.0.2.128/25", "192.0.2.255"));
    CHECK_FALSE(covers("192.0.2.128/25", "192.0.2.127"));
    CHECK(covers("0.0.0.0/0", "203.0.113.9"));
    CHECK(covers("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(covers("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(covers("::/0", "2001:db8::1"));
}

TEST_CASE("an address alone is a range of one", "[core]") {
    CHECK(covers("127.0.0.1", "127.0.0.1"));
    CHECK_FALSE(covers("127.0.0.1", "127.0.0.2"));
    CHECK(covers("::1", "::1"));
    CHECK_FALSE(covers("::1", "::2"));
    CHECK(Cidr::parse("127.0.0.1") == Cidr::parse("127.0.0.1/32"));
}

TEST_CASE("an IPv4 address is the same when IPv6 stands for it", "[core]") {
    CHECK(covers("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(covers("::ffff:10.0.0.0/104", "10.1.2.3"));
    CHECK(Cidr::parse("::ffff:10.0.0.0/104") == Cidr::parse("10.0.0.0/8"));
    // All of IPv6 is no IPv4, and the other way round.
    CHECK_FALSE(covers("::/0", "10.1.2.3"));
    CHECK_FALSE(covers("::/0", "::ffff:10.1.2.3"));
    CHECK_FALSE(covers("0.0.0.0/0", "::1"));
}

TEST_CASE("names and Unix sockets are in no range", "[core]") {
    const Cidr all = Cidr::parse("0.0.0.0/0").value();
    CHECK_FALSE(all.contains({Endpoint::Kind::name, "10.0.0.1", 443}));
    CHECK_FALSE(all.contains({Endpoint::Kind::unix_path, "/run/a.sock", 0}));
    CHECK_FALSE(all.contains({Endpoint::Kind::ipv4, "nonsense", 443}));
}

TEST_CASE("a range prints as it is written", "[core]") {
    CHECK(Cidr::parse("10.0.0.0/8")->text() == "10.0.0.0/8");
    CHECK(Cidr::parse("127.0.0.1")->text() == "127.0.0.1/32");
    CHECK(Cidr::parse("2001:DB8:0::/32")->text() == "2001:db8::/32");
    CHECK(Cidr::parse("::ffff:0:0/96")->text() == "0.0.0.0/0");
}

TEST_CASE("a range that is none is refused with what is wrong", "[core]") {
    const auto no_address = [](const std::string& text) {
        return "\"" + text + "\" is not an address or a range of them, as in 10.0.0.0/8 or ::1";
    };
    for (const char* text : {"", "/8", "10.0.0", "10.0.0.0.0/8", "010.0.0.0/8", "localhost",
                             "[::1]", "fe80::1%lo", "10.0.0.1:443"}) {
        CHECK(wrong(text) == no_address(text));
    }
    CHECK(wrong(std::string_view("10.0.0.1\0", 9)) == no_address("10.0.0.1\\x00"));
    CHECK(wrong("10.0.0.0/33") == R"(prefix "33" of "10.0.0.0/33" is not a number up to 32)");
    CHECK(wrong("::/129") == R"(prefix "129" of "::/129" is not a number up to 128)");
    CHECK(wrong("10.0.0.0/") == R"(prefix "" of "10.0.0.0/" is not a number up to 32)");
    CHECK(wrong("10.0.0.0/08") == R"(prefix "08" of "10.0.0.0/08" is not a number up to 32)");
    CHECK(wrong("10.0.0.0/-1") == R"(prefix "-1" of "10.0.0.0/-1" is not a number up to 32)");
    CHECK(wrong("10.0.0.1/8") ==
          R"("10.0.0.1/8" has bits behind its prefix; write 10.0.0.0/8 or 10.0.0.1)");
    CHECK(wrong("2001:db8::1/32") ==
          R"("2001:db8::1/32" has bits behind its prefix; write 2001:db8::/32 or 2001:db8::1)");
}

}  // namespace core_cidr_test
