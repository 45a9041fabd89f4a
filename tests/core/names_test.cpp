#include "lab/core/cert_facts.h"
#include "lab/core/dns_name.h"
#include "lab/core/duration.h"
#include "lab/core/endpoint.h"
#include "lab/core/suggest.h"
#include "tests/support/catch.h"

namespace core_names_test {

using namespace sni;

TEST_CASE("a host name is read in lower case", "[core]") {
    CHECK(DnsName::parse("HttpBin.Example.COM")->text() == "httpbin.example.com");
    for (const char* good : {"a", "a_b.example", "123.example", "xn--p1ai", "1", "a--b.c"}) {
        CAPTURE(good);
        CHECK(DnsName::parse(good).has_value());
    }
    CHECK(DnsName::parse(std::string(63, 'a')).has_value());
}

TEST_CASE("what is no host name says why", "[core]") {
    const std::pair<std::string, DnsNameError> rows[] = {
        {"", DnsNameError::empty},
        {"a.", DnsNameError::trailing_dot},
        {".a", DnsNameError::bad_label},
        {"a..b", DnsNameError::bad_label},
        {"-a.b", DnsNameError::bad_label},
        {std::string(64, 'a'), DnsNameError::bad_label},
        {"a b", DnsNameError::bad_character},
        {"*.a", DnsNameError::bad_character},
        {"a/b", DnsNameError::bad_character},
        {std::string("a\0b", 3), DnsNameError::bad_character},
        {"\xED\x95\x9C", DnsNameError::bad_character},
        {"127.0.0.1", DnsNameError::ip_literal},
        {std::string(254, 'a'), DnsNameError::too_long},
    };
    for (const auto& [text, error] : rows) {
        CAPTURE(text);
        const auto name = DnsName::parse(text);
        REQUIRE_FALSE(name.has_value());
        CHECK(name.error() == error);
    }
}

TEST_CASE("an endpoint is what it was written as", "[core]") {
    for (const char* text :
         {"127.0.0.1:8443", "[::1]:0", "httpbin.example.com:443", "unix:/run/a.sock"}) {
        CAPTURE(text);
        const auto endpoint = parse_endpoint(text);
        REQUIRE(endpoint.has_value());
        CHECK(to_string(*endpoint) == text);
    }
}

TEST_CASE("a bad endpoint is told with the part that is wrong", "[core]") {
    const auto error = [](const char* text) { return parse_endpoint(text).error(); };
    CHECK(error("127.0.0.1") == "\"127.0.0.1\" has no port; write ADDRESS:PORT");
    CHECK(error("127.0.0.1:99999") ==
          "port \"99999\" of \"127.0.0.1:99999\" is not a number from 0 to 65535");
    CHECK(error("127.0.0.1:") == "port \"\" of \"127.0.0.1:\" is not a number from 0 to 65535");
    CHECK(error("127.0.0.1:-1") ==
          "port \"-1\" of \"127.0.0.1:-1\" is not a number from 0 to 65535");
    CHECK(error("::1:443") == "\"::1:443\": write an IPv6 address in brackets, as in [::1]:8443");
    CHECK(error("[x]:443") == "\"x\" is not an IPv6 address");
    CHECK(error("a b:443") == "\"a b\" is neither an IP address nor a host name");
    CHECK(error("localhost.:443") ==
          "\"localhost.\" is neither an IP address nor a host name: leave out the dot at its end");
    CHECK(error("unix:relative") ==
          "\"unix:relative\" is not unix: and an absolute path of at most 107 bytes");
}

TEST_CASE("an IP literal is one to its last byte", "[core]") {
    CHECK(is_ip_literal("127.0.0.1"));
    CHECK(is_ip_literal("[::1]"));
    CHECK_FALSE(is_ip_literal(std::string_view("127.0.0.1\0x", 11)));
    CHECK_FALSE(is_ip_literal("127.0.0.1.example"));
}

TEST_CASE("loopback is what nothing outside can reach", "[core]") {
    for (const char* inside :
         {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[0:0::1]:1", "[::ffff:127.0.0.1]:1",
          "[::FFFF:7f00:1]:1", "unix:/a", "localhost:1"}) {
        CHECK(is_loopback(*parse_endpoint(inside)));
    }
    for (const char* outside : {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:c000:201]:1",
                                "[::7f00:1]:1", "example.com:1"}) {
        CHECK_FALSE(is_loopback(*parse_endpoint(outside)));
    }
}

TEST_CASE("an IPv4 address in IPv6's words is that address", "[core]") {
    const auto plain = [](const char* text) { return to_string(unmapped(*parse_endpoint(text))); };
    CHECK(plain("[::ffff:192.0.2.1]:443") == "192.0.2.1:443");
    CHECK(plain("[0:0:0:0:0:FFFF:c000:201]:443") == "192.0.2.1:443");
    for (const char* other : {"[::c000:201]:443", "[2001:db8::1]:443", "192.0.2.1:443", "unix:/a",
                              "[fe80::1%lo]:443", "example.com:443"}) {
        CHECK(plain(other) == other);
    }
}

TEST_CASE("durations have a unit and a limit", "[core]") {
    using std::chrono::milliseconds;
    CHECK(*parse_duration("250ms") == milliseconds(250));
    CHECK(*parse_duration("10s") == milliseconds(10'000));
    CHECK(*parse_duration("5m") == milliseconds(300'000));
    CHECK(*parse_duration("1h") == milliseconds(3'600'000));
    for (const char* bad :
         {"", "10", "s", "-1s", "1.5s", "10 s", "1d", "99999999999999999999s", "721h"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad).has_value());
    }
    for (const char* exact : {"0ms", "250ms", "10s", "90s", "5m", "1h", "1500ms"}) {
        CHECK(to_string(*parse_duration(exact)) == exact);
    }
}

TEST_CASE("the nearest word is suggested, and nothing when none is near", "[core]") {
    const std::vector<std::string> known = {"verify", "certgen", "up", "down", "get"};
    CHECK(nearest("verfy", known) == "verify");
    CHECK(nearest("vreify", known) == "verify");
    CHECK(nearest("certgn", known) == "certgen");
    CHECK(nearest("dwon", known) == "down");
    CHECK_FALSE(nearest("bench", known).has_value());
    CHECK_FALSE(nearest("x", known).has_value());
}

TEST_CASE("a certificate's wildcard covers one label, and a CN counts only without SAN", "[core]") {
    CertFacts facts;
    facts.common_name = "httpbin.example.com";
    CHECK(match_name(facts, "httpbin.example.com") == NameMatch::common_name_only);
    facts.dns_names = {"*.Example.com"};
    CHECK(match_name(facts, "HTTPBIN.example.com") == NameMatch::covered);
    CHECK(match_name(facts, "a.b.example.com") == NameMatch::not_covered);
    CHECK(match_name(facts, "example.com") == NameMatch::not_covered);
    facts.dns_names = {"*.test"};  // as OpenSSL, curl and Python have it
    CHECK(match_name(facts, "www.test") == NameMatch::not_covered);
    facts.dns_names = {"other.example.com"};
    CHECK(match_name(facts, "httpbin.example.com") == NameMatch::not_covered);
    facts.ip_addresses = {"127.0.0.1"};
    CHECK(match_name(facts, "127.0.0.1") == NameMatch::covered);
    CHECK(match_name(facts, "127.0.0.2") == NameMatch::not_covered);
}

TEST_CASE("a certificate is valid from its first second to its last", "[core]") {
    using std::chrono::seconds;
    const std::chrono::sys_seconds t(seconds(1'000'000));
    const CertFacts facts{.not_before = t, .not_after = t + seconds(10)};
    CHECK(match_dates(facts, t - seconds(1)) == Dates::not_yet_valid);
    CHECK(match_dates(facts, t) == Dates::valid);
    CHECK(match_dates(facts, t + seconds(10)) == Dates::valid);
    CHECK(match_dates(facts, t + seconds(11)) == Dates::expired);
    CHECK(to_string(t) == "1970-01-12T13:46:40Z");
    // RFC 5280 §4.1.2.5: what a certificate without an end says.
    CHECK(to_string(std::chrono::sys_seconds(
              std::chrono::sys_days(std::chrono::year(9999) / 12 / 31))) == "9999-12-31T00:00:00Z");
}

}  // namespace core_names_test
