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

TEST_CASE("a document goes from its first line up to the next separator", "[yaml]") {
    constexpr std::string_view kStream = "a: 1\n---x: 2\n---\nb: 3\n---\r\nc: 4";
    CHECK(document_from(kStream, 1) == "a: 1\n---x: 2\n");
    CHECK(document_from(kStream, 2) == "---x: 2\n");
    CHECK(document_from(kStream, 3) == "---\nb: 3\n");
    CHECK(document_from(kStream, 4) == "b: 3\n");
    CHECK(document_from(kStream, 6) == "c: 4");
    CHECK(document_from(kStream, 7).empty());
    CHECK(document_from("", 1).empty());
}

}  // namespace yaml_separator_test
