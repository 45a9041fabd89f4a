#include "lab/proxy/versions.h"

#include <sys/socket.h>

#include "tests/support/catch.h"

namespace proxy_versions_test {

using namespace sni;
using proxy::Addresses;
using proxy::Header;

namespace {

Addresses ipv6_addresses() {
    return {.source = {Endpoint::Kind::ipv6, "2001:db8::1", 65'535},
            .destination = {Endpoint::Kind::ipv6, "::1", 1}};
}

}  // namespace

TEST_CASE("a line of version 1 is whole at its last byte and not before", "[proxy]") {
    const std::string line = proxy::write_v1(ipv6_addresses());
    for (std::size_t cut = proxy::kLine.size(); cut < line.size(); ++cut) {
        CAPTURE(cut);
        const auto read = proxy::read_v1(std::string_view(line).substr(0, cut));
        REQUIRE(read);
        CHECK_FALSE(read->has_value());
    }
    const auto read = proxy::read_v1(line + "what follows");
    REQUIRE(read);
    REQUIRE(read->has_value());
    CHECK((*read)->addresses == ipv6_addresses());
    CHECK((*read)->bytes == line.size());
}

TEST_CASE("a header of version 2 is whole at its last byte and not before", "[proxy]") {
    const Header header{.tlvs = {{.type = 0xE0, .value = {std::byte{1}, std::byte{2}}}}};
    const std::vector<std::byte> bytes = proxy::write_v2(header, ipv6_addresses());
    for (std::size_t cut = proxy::kSignature.size(); cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        const auto read = proxy::read_v2(Bytes(bytes).first(cut));
        REQUIRE(read);
        CHECK_FALSE(read->has_value());
    }
    const auto read = proxy::read_v2(bytes);
    REQUIRE(read);
    REQUIRE(read->has_value());
    CHECK((*read)->addresses == ipv6_addresses());
    CHECK((*read)->tlvs == header.tlvs);
    CHECK((*read)->bytes == bytes.size());
}

TEST_CASE("addresses are read as the wire has them", "[proxy]") {
    const std::vector<std::byte> four = {std::byte{10}, std::byte{0}, std::byte{0}, std::byte{9}};
    CHECK(proxy::read_ip(AF_INET, four) == "10.0.0.9");
    std::vector<std::byte> six(16);
    six.back() = std::byte{1};
    CHECK(proxy::read_ip(AF_INET6, six) == "::1");
}

}  // namespace proxy_versions_test
