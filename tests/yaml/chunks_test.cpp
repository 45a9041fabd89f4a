#include "lab/yaml/chunks.h"

#include <string>

#include "tests/support/catch.h"

namespace yaml_chunks_test {

using namespace sni::yaml;

namespace {

/// "first line: text" of each.
std::vector<std::string> told(std::string_view text) {
    std::vector<std::string> all;
    for (const Chunk& chunk : chunks_of(text)) {
        all.push_back(std::to_string(chunk.lines_before + 1) + ": " + std::string(chunk.text));
    }
    return all;
}

}  // namespace

TEST_CASE("a stream is cut at its separators and between objects of JSON", "[yaml]") {
    using All = std::vector<std::string>;
    CHECK(told("a: 1\n---\nb: 2\n---x: 3\n") == All{"1: a: 1\n", "2: ---\nb: 2\n---x: 3\n"});
    CHECK(told("{\"a\": 1}\n\n{\n}\n{}") == All{"1: {\"a\": 1}\n\n", "3: {\n}\n", "5: {}"});
    CHECK(told("{}\r\n{}\r\n---\r\n{}\r\n") == All{"1: {}\r\n", "2: {}\r\n", "3: ---\r\n{}\r\n"});
    CHECK(told("{} {}\n") == All{"1: {} {}\n"});
    CHECK(chunks_of("a\n---\nb\n---\nc\n", 1).back().text == "---\nb\n---\nc\n");
}

}  // namespace yaml_chunks_test
