#include "lab/core/host_help.h"

#include "lab/core/endpoint.h"
#include "tests/support/catch.h"

namespace core_host_help_test {

using namespace sni;

TEST_CASE("a URL or a host with a port is answered with the host alone", "[core]") {
    CHECK(host_help("https://pay.example.com") == "write the host alone: pay.example.com");
    CHECK(host_help("https://user@Pay.example.com:443/a?b") ==
          "write the host alone: pay.example.com");
    CHECK(host_help("fe80::1%lo") == "write the address without its zone: fe80::1");
    CHECK(host_help("pay.example.com:443") == "write the host alone: pay.example.com");
    CHECK(host_help("pay.example.com/path") == "write the host alone: pay.example.com");
    CHECK(host_help("*.example.com:443") == "write the host alone: *.example.com");
    CHECK(host_help("a..b").empty());
}

TEST_CASE("a name in Unicode is answered with its A-labels", "[core]") {
    CHECK(to_a_labels("bücher.example") == "xn--bcher-kva.example");
    CHECK(to_a_labels("BÜCHER.example") == "xn--bcher-kva.example");
    CHECK(to_a_labels("пример.рф") == "xn--e1afmkfd.xn--p1ai");
    CHECK(to_a_labels("例え.テスト") == "xn--r8jz45g.xn--zckzah");
    CHECK(to_a_labels("παράδειγμα.δοκιμή") == "xn--hxajbheg2az3al.xn--jxalpdlp");
    CHECK(to_a_labels("*.münchen.example") == "*.xn--mnchen-3ya.example");
    CHECK(to_a_labels("\xff.example").empty());
    CHECK(host_help("https://bücher.example/") == "write the host alone: xn--bcher-kva.example");
    CHECK(host_help("u\u0308.example") ==
          "write it with A-labels (xn--…), as it stands in the DNS");
}

TEST_CASE("bytes that are no UTF-8 have no A-labels", "[core]") {
    // A byte that never comes, a sequence that is cut, one that is too long for what it says, half
    // of a surrogate pair, and what lies beyond Unicode, where the algorithm would look for ever.
    const auto* const bytes = GENERATE("\xff", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80", "\xf4\xa9\xa4\xa4");
    CHECK(to_a_labels(bytes).empty());
    CHECK(host_help(std::string(bytes) + ".example") ==
          "write it with A-labels (xn--…), as it stands in the DNS");
    CHECK(to_a_labels("\xf4\x8f\xbf\xbf") == "xn--dn32g");  // the last one that there is
}

TEST_CASE("an address that is a URL, or a name in Unicode, says what to write", "[core]") {
    CHECK(parse_endpoint("https://pay.example.com:443").error() ==
          "\"https://pay.example.com:443\" is a URL; write the host alone: pay.example.com:PORT");
    CHECK(parse_endpoint("bücher.example:443")
              .error()
              .find("write its A-labels: xn--bcher-kva.example") != std::string::npos);
}

TEST_CASE("a link-local address may name its zone, and no other may", "[core]") {
    const auto zoned = parse_endpoint("[fe80::1%lo]:443");
    REQUIRE(zoned);
    CHECK(zoned->kind == Endpoint::Kind::ipv6);
    CHECK(to_string(*zoned) == "[fe80::1%lo]:443");
    CHECK_FALSE(parse_endpoint("[fe80::1%]:443"));
    CHECK_FALSE(parse_endpoint("[2001:db8::1%lo]:443"));
    CHECK_FALSE(parse_endpoint("[fe80::1%a/b]:443"));
}

}  // namespace core_host_help_test
