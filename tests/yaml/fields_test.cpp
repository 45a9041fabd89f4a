// Fields of a mapping, read into members that say by their type what the fields are.
#include "lab/yaml/fields.h"

#include "tests/support/catch.h"

namespace yaml_fields_test {

using namespace sni;
using yaml::Need;

namespace {

struct Leaf {
    yaml::Text name;
    yaml::Number size{7, {}};
    yaml::Spot at;
};

struct Tree {
    yaml::Text kind{"oak", {}};
    bool old = true;
    std::vector<yaml::Text> words;
    std::vector<Leaf> leaves;
    std::vector<std::string> messages;
};

bool read_leaf(yaml::Fields& field, Leaf& leaf) {
    field("size", leaf.size);
    return field("name", leaf.name, Need::required);
}

Tree read(std::string text) {
    const std::vector<yaml::File> files = {{"a.yaml", std::move(text)}};
    yaml::Findings findings(files);
    const yaml::Stream stream = yaml::parse(0, findings);
    REQUIRE(stream.documents.size() == 1);
    yaml::Reading in{.findings = findings, .code = {}};
    yaml::Fields field(in, stream.documents.front());
    Tree tree;
    field("kind", tree.kind);
    field("old", tree.old);
    field("words", tree.words);
    field("leaves", tree.leaves, read_leaf);
    field.done();
    for (const Diagnostic& found : findings.take()) {
        tree.messages.push_back(found.message);
    }
    return tree;
}

}  // namespace

TEST_CASE("a field fills its member in, with its place", "[yaml]") {
    const Tree tree = read("{kind: elm, old: no, words: [a, b], leaves: [{name: x, size: 3}]}\n");
    CHECK(tree.messages.empty());
    CHECK(tree.kind == yaml::Text{"elm", {.file = 0, .line = 1, .column = 8}});
    CHECK_FALSE(tree.old);
    CHECK(tree.words.size() == 2);
    REQUIRE(tree.leaves.size() == 1);
    CHECK(tree.leaves[0].name.value == "x");
    CHECK(tree.leaves[0].size.value == 3);
    CHECK(tree.leaves[0].at == yaml::Spot{.file = 0, .line = 1, .column = 46});
}

TEST_CASE("a field that is absent or wrong leaves its member as it is", "[yaml]") {
    const Tree absent = read("\n{leaves: []}\n");
    CHECK(absent.kind == yaml::Text{"oak", {.file = 0, .line = 2, .column = 1}});
    CHECK(absent.old);
    const Tree wrong = read("{kind: 1, old: 1, leaves: [{name: x, size: big}]}\n");
    CHECK(wrong.kind.value == "oak");
    CHECK(wrong.old);
    REQUIRE(wrong.leaves.size() == 1);
    CHECK(wrong.leaves[0].size.value == 7);
    CHECK(wrong.messages ==
          std::vector<std::string>{"kind must be a string, not the number \"1\"",
                                   "old must be true or false, not the number \"1\"",
                                   "leaves[0].size must be a number, not the string \"big\""});
}

TEST_CASE("an item that its reader refuses is left out, and told", "[yaml]") {
    const Tree tree = read("{leaves: [{size: 1}, {name: z, colour: red}]}\n");
    REQUIRE(tree.leaves.size() == 1);
    CHECK(tree.leaves[0].name.value == "z");
    CHECK(tree.messages == std::vector<std::string>{"leaves[0].name is missing",
                                                    "field leaves[1].colour is not understood"});
}

}  // namespace yaml_fields_test
