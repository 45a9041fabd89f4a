#include "lab/core/pem_text.h"

#include "tests/support/catch.h"

namespace core_pem_text_test {

using sni::pem_line;

TEST_CASE("a key begins where a line of PEM does", "[pem]") {
    CHECK(pem_line("-----BEGIN PRIVATE KEY-----\n") == 1);
    CHECK(pem_line("subject=CN = x\r\n\r\n-----BEGIN CERTIFICATE-----") == 3);
    CHECK(pem_line("a\n-----BEGIN X\n-----BEGIN Y") == 2);
}

TEST_CASE("what stands inside a line begins no key", "[pem]") {
    CHECK(pem_line("") == 0);
    CHECK(pem_line("\n\n") == 0);
    CHECK(pem_line("  -----BEGIN PRIVATE KEY-----") == 0);
    CHECK(pem_line("look for -----BEGIN in it\n") == 0);
    CHECK(pem_line("-----BEGIN") == 0);
    CHECK(pem_line("----- BEGIN PGP") == 0);
}

}  // namespace core_pem_text_test
