#include "lab/torture/show/explain.h"

#include <algorithm>

#include "lab/torture/generator.h"
#include "tests/support/catch.h"

namespace torture_show_explain_test {

using namespace sni;
using torture::explain;
using torture::Rule;
using torture::Shape;

namespace {

const std::vector<Shape>& shapes() {
    static const std::vector<Shape> all = torture::all_shapes("a.test");
    return all;
}

std::string explained(std::string_view name) {
    const auto found = std::ranges::find(shapes(), name, &Shape::name);
    REQUIRE(found != shapes().end());
    return explain(*found);
}

}  // namespace

TEST_CASE("what must pass has no fault, and what must be refused has one", "[torture]") {
    for (const Shape& shape : shapes()) {
        const std::string text = explain(shape);
        CAPTURE(shape.name, text);
        const bool faulty = text.contains("\n        ^ ");
        if (shape.rule == Rule::must_pass) CHECK_FALSE(faulty);
        if (shape.rule == Rule::must_refuse) CHECK(faulty);
        // One fault explains it: what stands behind is another reader's guess.
        CHECK(text.find("\n        ^ ") == text.rfind("\n        ^ "));
    }
}

TEST_CASE("a fault is pointed at where it is", "[torture]") {
    const auto fault_in = [](const char* name) {
        const std::string text = explained(name);
        const std::size_t at = text.find("        ^ ");
        INFO(text);
        REQUIRE(at != std::string::npos);
        const std::size_t line = text.rfind('\n', at - 2) + 1;
        return text.substr(line, text.find('\n', at) - line);
    };
    CHECK_THAT(fault_in("len/sni-list-one-more"), test::Contains("server_name_list: 10 bytes") &&
                                                      test::Contains("^ only 9 are left here"));
    CHECK_THAT(fault_in("names/two-target-first"),
               test::Contains("\"sni-lab-second.test\"") &&
                   test::Contains("^ there is one host_name at most"));
    CHECK_THAT(fault_in("rec/empty-between"), test::Contains("record: handshake") &&
                                                  test::Contains("0 bytes") &&
                                                  test::Contains("^ no handshake record"));
    CHECK_THAT(fault_in("rec/claims-16385"), test::Contains("^ no record holds more than 16384"));
    CHECK_THAT(fault_in("alien/http-get"), test::Contains("^ no TLS: this is http"));
    CHECK_THAT(fault_in("ext/twice-000a"), test::Contains("extension supported_groups (10)") &&
                                               test::Contains("^ no extension may come twice"));
    CHECK_THAT(fault_in("alien/message-2"), test::Contains("^ a ClientHello is of type 1"));
    CHECK_THAT(fault_in("cut/one-byte-missing"), test::Contains("^ "));
}

TEST_CASE("fields say where their first byte is sent, whatever the records are", "[torture]") {
    CHECK_THAT(explained("seg/first-5"),
               test::Contains("000000  16030100") && test::Contains("record: handshake"));
    CHECK_THAT(explained("seg/first-5"), test::Contains("000005  01") &&
                                             test::Contains("000009  0303") &&
                                             test::Contains("legacy_version TLSv1.2"));
    CHECK_THAT(explained("seg/first-5"), test::Contains("\"a.test\""));
    CHECK_THAT(explained("then/data-100"), test::Contains("100 bytes behind the hello"));
}

}  // namespace torture_show_explain_test
