#include "lab/tls/ja4.h"

#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace tls_ja4_test {

using namespace sni;
using namespace sni::test;

namespace {

using Numbers = std::vector<std::uint16_t>;

tls::HelloFacts hello_with(Numbers suites, const Numbers& extensions) {
    tls::HelloFacts hello{.legacy_version = 0x0303, .cipher_suites = std::move(suites)};
    for (const std::uint16_t type : extensions) {
        hello.extensions.push_back({type, 0});
    }
    return hello;
}

/// Chrome 143 on Android, as public fingerprint services describe it, with GREASE put back in.
tls::HelloFacts chrome() {
    tls::HelloFacts hello = hello_with(
        {0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
         0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
        {0xbaba, 45, 51, 16, 65'037, 23, 17'613, 0, 11, 10, 43, 65'281, 35, 18, 5, 13, 27, 0xfafa});
    hello.alpn = {"h2", "http/1.1"};
    hello.supported_versions = {0x6a6a, 0x0304, 0x0303};
    hello.groups = {0x4a4a, 4588, 29, 23, 24};
    hello.signature_algorithms = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
    hello.point_formats = {0};
    return hello;
}

/// Stands in for SHA-256: the length of what it was given.
Digest length(Bytes bytes) {
    Digest digest{};
    digest[5] = static_cast<std::byte>(bytes.size());
    return digest;
}

std::string front(const tls::HelloFacts& hello) {
    return tls::ja4(hello, length).substr(0, 10);
}

}  // namespace

TEST_CASE("a fingerprint lists what a client offers, in an order that no client chooses", "[tls]") {
    CHECK(tls::ja4_raw(chrome()) ==
          "t13d1516h2_"
          "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_"
          "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01_"
          "0403,0804,0401,0503,0805,0501,0806,0601");
    // 15 suites; 14 extensions and 8 schemes.
    CHECK(tls::ja4(chrome(), length) == "t13d1516h2_00000000004a_00000000006d");

    tls::HelloFacts shuffled = chrome();
    std::ranges::reverse(shuffled.cipher_suites);
    std::ranges::reverse(shuffled.extensions);
    CHECK(tls::ja4_raw(shuffled) == tls::ja4_raw(chrome()));
    std::ranges::reverse(shuffled.signature_algorithms);
    CHECK(tls::ja4_raw(shuffled) != tls::ja4_raw(chrome()));
}

TEST_CASE("JA3 keeps the client's own order, and no GREASE", "[tls]") {
    CHECK(tls::ja3_text(chrome()) ==
          "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
          "45-51-16-65037-23-17613-0-11-10-43-65281-35-18-5-13-27,4588-29-23-24,0");
    CHECK(tls::ja3_text(hello_with({0x002f}, {})) == "771,47,,,");
}

TEST_CASE("a fingerprint says so where there is nothing", "[tls]") {
    CHECK(tls::ja4({.legacy_version = 0x0301}, length) == "t10i000000_000000000000_000000000000");
    CHECK(tls::ja4_raw(hello_with({0x0a0a}, {0, 16, 0x1a1a})) == "t12d000200__");
    // Without signature algorithms no underscore follows the extensions.
    CHECK(tls::ja4_raw(hello_with({0x002f}, {23})) == "t12i010100_002f_0017");
}

TEST_CASE("a fingerprint's version is the highest that is offered", "[tls]") {
    tls::HelloFacts hello = hello_with({0x1301}, {});
    const auto version = [&](Numbers offered, std::uint16_t legacy) {
        hello.supported_versions = std::move(offered);
        hello.legacy_version = legacy;
        return front(hello).substr(1, 2);
    };
    CHECK(version({0x0303, 0x0304}, 0x0303) == "13");
    CHECK(version({0x0302, 0x0303}, 0x0303) == "12");
    CHECK(version({0xfafa, 0x0301}, 0x0303) == "10");
    CHECK(version({}, 0x0303) == "12");
    CHECK(version({}, 0x0302) == "11");
    CHECK(version({}, 0x0300) == "s3");
    CHECK(version({}, 0x0002) == "s2");
    CHECK(version({0x7f1c}, 0x0303) == "00");
}

TEST_CASE("a fingerprint's protocol is printable whatever was offered", "[tls]") {
    tls::HelloFacts hello = hello_with({0x1301}, {16});
    const auto alpn = [&](std::string name) {
        hello.alpn = {std::move(name), "ignored"};
        return front(hello).substr(8, 2);
    };
    CHECK(alpn("h2") == "h2");
    CHECK(alpn("http/1.1") == "h1");
    CHECK(alpn("q") == "qq");
    CHECK(alpn("") == "00");
    // The specification's own examples.
    CHECK(alpn("\xab") == "ab");
    CHECK(alpn("\xab\xcd") == "ad");
    CHECK(alpn("0\xab") == "3b");
    CHECK(alpn("01\xab\xcd") == "3d");
    CHECK(alpn("0\xab\xcd"
               "1") == "01");
    CHECK(alpn("\n\x1b") == "0b");
}

TEST_CASE("a fingerprint counts to 99", "[tls]") {
    CHECK(front(hello_with(Numbers(120, 0x002f), Numbers(100, 23))) == "t12i999900");
    CHECK(front(hello_with(Numbers(99, 0x002f), Numbers(9, 23))) == "t12i990900");
}

}  // namespace tls_ja4_test
