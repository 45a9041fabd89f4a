#include "lab/tls/names.h"

#include <array>

#include "lab/tls/cipher_suites.h"
#include "tests/support/catch.h"

namespace tls_names_test {

using namespace sni::tls;

TEST_CASE("of all numbers sixteen are GREASE", "[tls]") {
    unsigned count = 0;
    for (unsigned value = 0; value <= 0xffff; ++value) {
        if (is_grease(static_cast<std::uint16_t>(value))) ++count;
    }
    CHECK(count == 16);
    CHECK(is_grease(0x0a0a));
    CHECK(is_grease(0xfafa));
    CHECK_FALSE(is_grease(0x0a1a));
    CHECK_FALSE(is_grease(0x1301));
}

TEST_CASE("a suite's name tells what it protects", "[tls]") {
    const auto facts = [](std::uint16_t suite) { return *suite_facts(cipher_suite_name(suite)); };
    // TLS 1.3, ECDHE, ECDHE_PSK, DHE_PSK, DHE_RSA with ARIA, Camellia and CCM-8, ECCPWD.
    for (const auto good :
         std::to_array<std::uint16_t>({0x1301, 0x1303, 0xc02f, 0xccac, 0x00ab, 0xc053, 0x00c4,
                                       0xc0a3, 0xc0aa, 0xc0b0, 0xd001})) {
        CAPTURE(good);
        CHECK(facts(good).encrypts);
        CHECK(facts(good).forward_secrecy);
    }
    // RSA, DH and ECDH of the certificate's, PSK, RSA_PSK, KRB5, DHE of 40 bits.
    for (const auto later :
         std::to_array<std::uint16_t>({0x009c, 0x0031, 0xc004, 0x00a8, 0x00ac, 0x001f, 0x0014})) {
        CAPTURE(later);
        CHECK(facts(later).encrypts);
        CHECK_FALSE(facts(later).forward_secrecy);
    }
    for (const auto open : std::to_array<std::uint16_t>(
             {0x0000, 0x0001, 0x0002, 0x003b, 0x002c, 0x002d, 0x002e, 0x00b0, 0x00b4, 0x00b9,
              0xc001, 0xc006, 0xc00b, 0xc010, 0xc015, 0xc039, 0xc03a, 0xc03b, 0xc0b4, 0xc0b5})) {
        CAPTURE(open);
        CHECK_FALSE(facts(open).encrypts);
    }
    CHECK_FALSE(suite_facts("0xc010")->encrypts);  // as it was called before it had a name here
    CHECK_FALSE(suite_facts("0xeffe"));
    CHECK_FALSE(suite_facts("0xc0100"));
    CHECK_FALSE(suite_facts("GREASE"));
    CHECK_FALSE(suite_facts(""));
    CHECK(has_psk_hint(0xccac));
    CHECK_FALSE(has_psk_hint(0xc02f));
}

TEST_CASE("numbers have the registry's names, and else stay numbers", "[tls]") {
    CHECK(version_name(0x0304) == "TLSv1.3");
    CHECK(cipher_suite_name(0x1301) == "TLS_AES_128_GCM_SHA256");
    CHECK(extension_name(0) == "server_name");
    CHECK(group_name(29) == "x25519");
    CHECK(signature_scheme_name(0x0403) == "ecdsa_secp256r1_sha256");
    for (const auto& name :
         {version_name, cipher_suite_name, extension_name, group_name, signature_scheme_name}) {
        CHECK(name(0x2a2a) == "GREASE");
        CHECK(name(0xeffe) == "0xeffe");
    }
}

}  // namespace tls_names_test
