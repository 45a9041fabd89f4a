#include "lab/yaml/yaml_text.h"

#include "lab/yaml/codes.h"
#include "tests/support/catch.h"

namespace yaml_yaml_text_test {

using namespace sni;

namespace {

/// The codes and columns of what is wrong with it.
std::vector<std::string> wrong(const std::string& text, const yaml::Limits& limits = {}) {
    const std::vector<yaml::File> files = {{"a.yaml", text}};
    yaml::Findings findings(files);
    const bool readable = yaml::readable_text(0, text, findings, limits);
    std::vector<std::string> all;
    for (const Diagnostic& found : findings.take()) {
        all.push_back(found.code + " " + std::to_string(found.place.line) + ":" +
                      std::to_string(found.place.column));
    }
    CHECK(readable == all.empty());
    return all;
}

}  // namespace

TEST_CASE("text is UTF-8 without controls, and what is wrong has its place", "[yaml]") {
    const std::string encoding(yaml::code::kYamlEncoding);
    CHECK(wrong("a: \xc3\xa9\tb\r\n").empty());
    CHECK(wrong("").empty());
    CHECK(wrong("a: b\nc: \x01") == std::vector{encoding + " 2:4"});
    CHECK(wrong(std::string("a\0b", 3)) == std::vector{encoding + " 1:2"});
    CHECK(wrong("a: b\nc: d\x7f") == std::vector{encoding + " 2:5"});
    CHECK(wrong("\xc3\xa9: \xff") == std::vector{encoding + " 1:4"});
    CHECK(wrong("a: \xe2\x82") == std::vector{encoding + " 1:4"});
    // What comes first is told, be there more.
    CHECK(wrong("\xff\x01") == std::vector{encoding + " 1:1"});
    CHECK(wrong("\x01\xff") == std::vector{encoding + " 1:1"});
    CHECK(wrong("\xff\xfe"
                "a")
              .size() == 1);
}

TEST_CASE("a file may have as many bytes as the limit, and not one more", "[yaml]") {
    CHECK(wrong("12345", {.bytes = 5}).empty());
    CHECK(wrong("123456", {.bytes = 5}).size() == 1);
}

TEST_CASE("line ends become one kind, and lone returns stay", "[yaml]") {
    CHECK(yaml::normalized("\xEF\xBB\xBF"
                           "a\r\nb\rc\n\r") == "a\nb\rc\n\r");
    CHECK(yaml::normalized("a\xEF\xBB\xBF") == "a\xEF\xBB\xBF");
}

}  // namespace yaml_yaml_text_test
