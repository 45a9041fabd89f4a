#include "lab/yaml/separator.h"

#include "tests/support/catch.h"

namespace yaml_separator_test {

using namespace sni::yaml;

TEST_CASE("three dashes at the start of a line separate documents", "[yaml]") {
    CHECK(is_separator("---"));
    CHECK(is_separator("---\n"));
    CHECK(is_separator("---\r\n"));
    CHECK(is_separator("--- # the next one"));
    CHECK(is_separator("---\tkind: Service"));
    CHECK_FALSE(is_separator("--"));
    CHECK_FALSE(is_separator("----"));
    CHECK_FALSE(is_separator("---x"));
    CHECK_FALSE(is_separator(" ---"));
    CHECK_FALSE(is_separator("-----BEGIN CERTIFICATE-----"));
}

}  // namespace yaml_separator_test
