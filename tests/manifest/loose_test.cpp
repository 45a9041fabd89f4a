#include "lab/manifest/loose.h"

#include "tests/support/catch.h"

namespace manifest_loose_test {

using namespace sni;
namespace loose = manifest::loose;

namespace {

struct Document {
    explicit Document(std::string text) : files{{"a.yaml", std::move(text)}}, findings(files) {
        stream = yaml::parse(0, findings);
        REQUIRE(stream.documents.size() == 1);
    }
    const yaml::Node& node() const { return stream.documents.front(); }

    std::vector<yaml::File> files;
    yaml::Findings findings;
    yaml::Stream stream;
};

}  // namespace

TEST_CASE("a loose reader finds what is there and takes nothing else for it", "[manifest]") {
    const Document document(
        "spec: {port: 443, text: '443', half: 4.5, far: 99999999999999999999, none: null, "
        "list: [a, {b: c}, d], map: {in: deep}}\n");
    const yaml::Node& node = document.node();
    CHECK(loose::at(node, {}) == &node);
    CHECK(loose::at(node, {"spec", "map", "in"})->text() == "deep");
    CHECK(loose::at(node, {"spec", "list", "in"}) == nullptr);
    CHECK(loose::at(node, {"spec", "port", "deeper"}) == nullptr);
    const yaml::Node* spec = loose::at(node, {"spec"});
    REQUIRE(spec);

    REQUIRE(loose::number(*spec, "port"));
    CHECK(loose::number(*spec, "port")->value == 443);
    for (const char* key : {"half", "far", "none", "list", "map", "missing"}) {
        CAPTURE(key);
        CHECK_FALSE(loose::number(*spec, key));
    }
    CHECK(loose::text(*spec, "none", "else").value == "else");
    CHECK(loose::text(*spec, "map", "else").at == spec->at());
    CHECK(loose::items(*spec, "list").size() == 3);
    CHECK(loose::items(*spec, "map").empty());
    const std::vector<yaml::Text> texts = loose::texts(*spec, "list");
    REQUIRE(texts.size() == 2);
    CHECK(texts.back().value == "d");
}

TEST_CASE("a boolean is true as Go's ParseBool reads it", "[manifest]") {
    for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) {
        CHECK(loose::is_true(text));
    }
    for (const char* text : {"", "yes", "on", "tRUE", "0", "true "}) {
        CHECK_FALSE(loose::is_true(text));
    }
}

}  // namespace manifest_loose_test
