// JA4 and JA3 with their real digests.
#include "certs/digest.h"
#include "lab/tls/ja4.h"
#include "tests/support/catch.h"
#include "tests/support/recorded_hello.h"

namespace certs_fingerprint_test {

using namespace sni;

TEST_CASE("real clients have the fingerprints that another program gives them", "[certs]") {
    std::size_t read = 0;
    for (const test::RecordedHello& recorded : test::recorded_hellos()) {
        if (recorded.ja4.empty()) continue;
        CAPTURE(recorded.name);
        const auto hellos = tls::describe_hellos(recorded.wire);
        REQUIRE(hellos.size() == 1);
        CHECK(tls::ja4(hellos.front(), certs::sha256) == recorded.ja4);
        CHECK(certs::md5_hex(as_bytes(tls::ja3_text(hellos.front()))) == recorded.ja3);
        ++read;
    }
    CHECK(read >= 8);
}

TEST_CASE("Chrome has the fingerprint that is published for it", "[certs]") {
    tls::HelloFacts hello{.legacy_version = 0x0303};
    hello.cipher_suites = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
                           0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
    const std::uint16_t types[] = {27, 0,  51, 16, 17513, 23, 45, 13,
                                   5,  35, 18, 43, 65281, 11, 10, 21};
    for (const std::uint16_t type : types) {
        hello.extensions.push_back({type, 0});
    }
    hello.alpn = {"h2", "http/1.1"};
    hello.supported_versions = {0x0304, 0x0303};
    hello.signature_algorithms = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
    CHECK(tls::ja4(hello, certs::sha256) == "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

}  // namespace certs_fingerprint_test
