#include "lab/scenario/read_word.h"

#include "tests/support/catch.h"

namespace scenario_read_word_test {

using namespace sni;
using scenario::Words;

namespace {

constexpr Words<int, 3> kColours = {{{"red", 1}, {"green", 2}, {"blue", 3}}};

struct Read {
    std::optional<int> value;
    std::vector<Diagnostic> found;
};

Read read(std::string text) {
    const std::vector<yaml::File> files = {{"a.yaml", std::move(text)}};
    yaml::Findings findings(files);
    const yaml::Stream stream = yaml::parse(0, findings);
    REQUIRE(stream.documents.size() == 1);
    yaml::Reading in{.findings = findings, .code = {}};
    yaml::Fields fields(in, stream.documents.front());
    const auto value = scenario::read_word(fields, "colour", "colour", kColours);
    fields.done();
    return {value, findings.take()};
}

}  // namespace

TEST_CASE("a word stands for its value, and no word for none", "[scenario]") {
    CHECK(read("colour: green\n").value == 2);
    const Read none = read("{}\n");
    CHECK_FALSE(none.value);
    CHECK(none.found.empty());
}

TEST_CASE("a word that is none is told with the nearest, or with all", "[scenario]") {
    const Read near = read("colour: gren\n");
    CHECK_FALSE(near.value);
    REQUIRE(near.found.size() == 1);
    CHECK(near.found.front().message == "there is no colour \"gren\"");
    CHECK(near.found.front().hint == "did you mean green?");
    CHECK(near.found.front().place.column == 9);

    const Read far = read("colour: transparent\n");
    REQUIRE(far.found.size() == 1);
    CHECK(far.found.front().hint == "write one of red, green, blue");
    // Words are spelled as they are.
    CHECK_FALSE(read("colour: Red\n").value);
}

}  // namespace scenario_read_word_test
