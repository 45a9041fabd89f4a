#include "lab/tls/names.h"

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
