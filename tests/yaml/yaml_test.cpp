#include "lab/yaml/yaml.h"

#include <ctime>

#include "lab/manifest/codes.h"
#include "tests/support/catch.h"

namespace yaml_yaml_test {

using namespace sni;
using namespace sni::yaml;

namespace {

struct Parsed {
    yaml::Stream stream;
    std::vector<Diagnostic> diagnostics;
    std::string text() const {
        std::string all;
        for (const Diagnostic& d : diagnostics) {
            all += render(d);
        }
        return all;
    }
};

Parsed parse(std::string text, yaml::Limits limits = {}) {
    const std::vector<File> files = {{.name = "a.yaml", .text = std::move(text)}};
    Findings findings(files);
    Parsed parsed{.stream = yaml::parse(0, findings, limits), .diagnostics = {}};
    parsed.diagnostics = findings.take();
    return parsed;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("a line of somebody's file is shown without what a CI runner takes for a command",
          "[yaml]") {
    const std::string told = parse("a: [\"##[stop-commands]x\", {b: 1, b: 2}]\n").text();
    CAPTURE(told);
    REQUIRE(told.find("stop-commands") != std::string::npos);
    CHECK(told.find("##[") == std::string::npos);
}

TEST_CASE("every node and every key of a document has its line and column", "[manifest]") {
    const Parsed parsed = parse(
        "# first\n"
        "---\n"
        "kind: \"List\"\n"
        "items:\n"
        "  - {a: 1, b: [x, y]}\n"
        "  - 한국: z\n"
        "empty:\n");
    CHECK(parsed.text().empty());
    REQUIRE(parsed.stream.documents.size() == 1);
    const yaml::Node& root = parsed.stream.documents.front();
    REQUIRE(root.kind() == yaml::Kind::mapping);
    REQUIRE(root.entries().size() == 3);
    CHECK(root.entries()[0].key.at == Spot{0, 3, 1});
    CHECK(root.find("kind")->at() == Spot{0, 3, 7});
    CHECK(root.find("kind")->text() == "List");
    CHECK(root.find("kind")->quoted());
    const auto& items = root.find("items")->items();
    REQUIRE(items.size() == 2);
    CHECK(items[0].find("a")->at() == Spot{0, 5, 9});
    CHECK_FALSE(items[0].find("a")->quoted());
    CHECK(items[0].find("b")->items()[1].at() == Spot{0, 5, 19});
    CHECK(items[1].find("한국")->at() == Spot{0, 6, 9});  // columns count characters
    CHECK(root.find("empty")->is_null());
    CHECK(root.find("empty")->at() == Spot{0, 7, 1});  // the key, there is nothing else
    CHECK(root.find("none") == nullptr);
}

TEST_CASE("an alias stands for its anchor's value and keeps its own place", "[manifest]") {
    const Parsed parsed = parse("a: &x [1, 2]\nb: *x\n");
    CHECK(parsed.text().empty());
    const yaml::Node& root = parsed.stream.documents.front();
    CHECK(root.find("b")->items().size() == 2);
    CHECK(root.find("b")->at() == Spot{0, 2, 4});
    CHECK(root.find("a")->at() == Spot{0, 1, 4});
}

TEST_CASE("JSON, CRLF, a byte order mark and empty documents are read like any YAML",
          "[manifest]") {
    SECTION("JSON, indented with tabs") {
        const Parsed parsed = parse("{\n\t\"a\": {\n\t\t\"b\": [1, null]}\n}\n");
        CHECK(parsed.text().empty());
        REQUIRE(parsed.stream.documents.size() == 1);
        CHECK(parsed.stream.documents[0].find("a")->find("b")->items()[1].is_null());
    }
    SECTION("objects of JSON, each on lines of its own, are documents") {
        const Parsed parsed = parse("{\"a\": \"}\\\"{\"}\n\n {\n \"b\": {}\n}\n{\"c\": 1}\n");
        CHECK(parsed.text().empty());
        REQUIRE(parsed.stream.documents.size() == 3);
        CHECK(parsed.stream.documents[0].find("a")->text() == "}\"{");
        CHECK(parsed.stream.documents[1].find("b")->at() == Spot{0, 4, 7});
        CHECK(parsed.stream.documents[2].find("c")->at() == Spot{0, 6, 7});
        CHECK(parse("{\"a\": 1}\n---\n{\"b\": 1}\n{\"c\": 1}").stream.documents.size() == 3);
    }
    SECTION("what UTF-16 writes in two halves is one letter, and nothing moves for it") {
        const Parsed parsed =
            parse("{\"a\": \"\\ud83d\\ude00x\\uD83D\\uDE01\", \"b\": 1}\n{\"c\": \"\\u00e9\"}\n");
        CHECK(parsed.text().empty());
        REQUIRE(parsed.stream.documents.size() == 2);
        const yaml::Node& root = parsed.stream.documents[0];
        CHECK(root.find("a")->text() == "\xF0\x9F\x98\x80x\xF0\x9F\x98\x81");
        CHECK(root.find("b")->at() == Spot{0, 1, 41});
        CHECK(parsed.stream.documents[1].find("c")->text() == "\xC3\xA9");
        CHECK(parse("{\"a\": \"\\\\ud83d\\\\ude00\"}").stream.documents[0].find("a")->text() ==
              "\\ud83d\\ude00");
        CHECK_FALSE(parse("{\"a\": \"\\ud83d\"}").stream.whole);  // half of one
    }
    SECTION("what is not, is not taken apart") {
        CHECK(parse("{a: '}\n{', b: 1}").stream.documents.size() == 1);
        CHECK(parse("{a: 1} # {\n# {\n").stream.documents.size() == 1);
        CHECK_FALSE(parse("{\"a\": 1}\n\"b\": 2}\n").text().empty());
        CHECK_FALSE(parse("{\"a\": 1}\n{\"b\": \n").stream.whole);
    }
    SECTION("CRLF and a byte order mark") {
        const Parsed parsed = parse(
            "\xEF\xBB\xBF"
            "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 3\r\n");
        CHECK(parsed.text().empty());
        REQUIRE(parsed.stream.documents.size() == 1);
        const yaml::Node& root = parsed.stream.documents[0];
        CHECK(root.find("a")->text() == "1");
        CHECK(root.entries()[0].key.at == Spot{0, 1, 1});
        CHECK(root.find("b")->text() == "x\ny\n");
        CHECK(root.find("c")->at() == Spot{0, 5, 4});
    }
    SECTION("documents with nothing in them do not count") {
        const Parsed parsed = parse("---\n---\n# only this\n---\na: 1\n---\nnull\n...\n");
        CHECK(parsed.text().empty());
        CHECK(parsed.stream.documents.size() == 1);
        CHECK(parsed.stream.whole);
    }
    SECTION("a separator inside a block of text separates only at the start of a line") {
        const Parsed parsed = parse("a: |\n  ---\n  x\n---x: 1\n");
        CHECK(parsed.text().empty());
        REQUIRE(parsed.stream.documents.size() == 1);
        CHECK(parsed.stream.documents[0].find("a")->text() == "---\nx\n");
    }
}

TEST_CASE("a mistake in YAML is one sentence with its place and a remedy", "[manifest]") {
    struct Case {
        std::string text;
        std::string message;
    };
    const std::vector<Case> cases = {
        {",",
         "a.yaml:1:1: error: there is more text after the end of the document "
         "[X-YAML-SYNTAX]\n    1 | ,\n      | ^\n"
         "hint: check the indentation, or start a new document with a line of ---\n"},
        {"a:\n\tb: 1\n",
         "a.yaml:2:1: error: this line is indented with a tab, which YAML does not "
         "allow [X-YAML-SYNTAX]\n    2 |  b: 1\n      | ^^\nhint: use spaces\n"},
        {"a: \"x\nb: 1\n",
         "a.yaml:1:4: error: the quote that opens here is never closed "
         "[X-YAML-SYNTAX]\n    1 | a: \"x\n      |    ^^\nhint: close it\n"},
        {"a: 'it''s",
         "a.yaml:1:4: error: the quote that opens here is never closed "
         "[X-YAML-SYNTAX]\n    1 | a: 'it''s\n      |    ^^^^\nhint: close it\n"},
        {"a: {b: c\nd: 1\n",
         "a.yaml:1:4: error: the bracket { is never closed [X-YAML-SYNTAX]\n"
         "    1 | a: {b: c\n      |    ^^\nhint: add the missing }\n"},
        {"한국: [a\n",
         "a.yaml:1:5: error: the bracket [ is never closed [X-YAML-SYNTAX]\n"
         "    1 | 한국: [a\n      |     ^^\nhint: add the missing ]\n"},
        {"a: b: c\n",
         "a.yaml:1:5: error: a second \": \" in a value, or a wrong indentation [X-YAML-SYNTAX]\n"
         "    1 | a: b: c\n      |     ^^^\n"
         "hint: put the value in quotes, or line the key up with its neighbours\n"},
        {"hosts:\n- *.example.com\n",
         "a.yaml:2:3: error: no anchor has the name of this alias [X-YAML-SYNTAX]\n"
         "    2 | - *.example.com\n      |   ^^^^^^^^^^^^^\n"
         "hint: a text that starts with * belongs in quotes, such as \"*.example.com\"\n"},
        {"a:\n  b: 1\n c: 2\n",
         "a.yaml:3:2: error: this line does not line up with any line above it [X-YAML-SYNTAX]\n"
         "    3 |  c: 2\n      |  ^\nhint: give it exactly the indentation of its neighbours\n"},
        {"a: b\n]\n",
         "a.yaml:2:1: error: this bracket closes nothing [X-YAML-SYNTAX]\n"
         "    2 | ]\n      | ^\nhint: remove it, or open it before\n"},
        {"a: \"\\q\"\n",
         "a.yaml:1:5: error: there is no such \\ escape in a double-quoted text "
         "[X-YAML-SYNTAX]\n    1 | a: \"\\q\"\n      |     ^^^\n"
         "hint: write \\\\ for a backslash, or use single quotes\n"},
        {"a: 1\nb: 2\na: 3\n",
         "a.yaml:3:1: error: the key \"a\" stands here twice "
         "[X-YAML-DUPLICATE]\n    3 | a: 3\n      | ^\n"
         "why: it was given in line 1 already\nhint: keep one of them\n"},
        {"<<: {a: 1}\n",
         "a.yaml:1:1: error: merge keys (<<) are not part of YAML 1.2 [X-YAML-MERGE]\n"
         "    1 | <<: {a: 1}\n      | ^^\n"
         "why: kubectl resolves them, other readers take them for a field\n"
         "hint: write the fields out, or use an alias for a whole value\n"},
        {"? [a]\n: b\n",
         "a.yaml:1:3: error: a key must be text, not empty and no list "
         "[X-YAML-KEY]\n    1 | ? [a]\n      |   ^^\nhint: write key: value\n"},
        {"a: !foo b\n",
         "a.yaml:1:4: error: a tag means nothing here [X-YAML-TAG]\n"
         "    1 | a: !foo b\n      |    ^^^^^^\n"
         "why: Kubernetes takes plain YAML\nhint: remove it; a text that begins with ! stands in "
         "quotes\n"},
        {"a: &a [*a]\n",
         "a.yaml:1:8: error: this alias stands inside its own anchor "
         "[X-YAML-ALIAS]\n    1 | a: &a [*a]\n      |        ^^\n"
         "hint: write the value out\n"},
        {std::string("a: b\0c\n", 7),
         "a.yaml:1:5: error: the byte 0x00 cannot stand in a text file [X-YAML-ENCODING]\n"
         "    1 | a: b?c\n      |     ^^\nhint: is this a binary file, or was it cut?\n"},
        {"a: 1\nb: \xff\n",
         "a.yaml:2:4: error: the byte 0xff is not UTF-8 here [X-YAML-ENCODING]\n"
         "    2 | b: ?\n      |    ^\nhint: save the file as UTF-8\n"},
        {"\xFF\xFE"
         "a",
         "a.yaml: error: the file is UTF-16 [X-YAML-ENCODING]\n"
         "hint: save it as UTF-8\n"},
        {"- a\nb: c\n",
         "a.yaml:2:1: error: there is more text after the end of the document "
         "[X-YAML-SYNTAX]\n    2 | b: c\n      | ^\n"
         "hint: check the indentation, or start a new document with a line of "
         "---\n"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Parsed parsed = parse(c.text);
        CHECK(parsed.text() == c.message);
        CHECK_FALSE(parsed.stream.whole);
    }
}

TEST_CASE("hostile YAML is refused at once", "[manifest]") {
    const std::clock_t start = std::clock();
    struct Case {
        std::string text;
        std::string_view code;
    };
    const std::string nines = "[*x,*x,*x,*x,*x,*x,*x,*x,*x,*x]";
    std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
    for (int i = 1; i < 30; ++i) {
        std::string line;
        for (const char c : nines) {
            line += c == 'x' ? "a" + std::to_string(i - 1) : std::string(1, c);
        }
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " " + line + "\n";
    }
    const std::vector<Case> cases = {
        {repeated("[", 1'000), code::kYamlLimit},
        {repeated("[", 1'000'000), code::kYamlLimit},
        {repeated("{", 1'000'000), code::kYamlLimit},
        {repeated("{a: ", 200'000), code::kYamlLimit},
        {repeated("- ", 500'000), code::kYamlLimit},
        {repeated("? ", 500'000), code::kYamlLimit},
        {repeated("[[],", 200'000), code::kYamlLimit},
        {repeated("x", 50'000'000), code::kYamlLimit},
        {repeated("---\na\n", 100'000), code::kYamlLimit},
        {repeated("- a\n", 200'000), code::kYamlLimit},
        {bomb, code::kYamlAlias},
        {repeated(",", 100'000), code::kYamlSyntax},
        {repeated("!<", 100'000), code::kYamlSyntax},
        {repeated("&a ", 100'000), code::kYamlSyntax},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text.substr(0, 20), c.text.size());
        const Parsed parsed = parse(c.text, {.documents = 20'000, .nodes = 100'000});
        REQUIRE(parsed.diagnostics.size() == 1);
        CHECK(parsed.diagnostics.front().code == c.code);
        CHECK_FALSE(parsed.stream.whole);
    }
    // Milliseconds each where it counts; generous for sanitizers. Of the processor's time, since a
    // busy machine is no fault of the reader's.
    CHECK(std::clock() - start < 20 * CLOCKS_PER_SEC);
}

TEST_CASE("an alias of a deep value cannot dig deeper than the limit", "[manifest]") {
    std::string text = "a: &a " + repeated("[", 40) + repeated("]", 40) + "\n";
    text += "b: " + repeated("[", 40) + "*a" + repeated("]", 40) + "\n";
    const Parsed parsed = parse(text);
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics.front().code == code::kYamlLimit);
}

TEST_CASE("the limits themselves are allowed", "[manifest]") {
    CHECK(parse(repeated("[", 64) + repeated("]", 64)).text().empty());
    CHECK_FALSE(parse(repeated("[", 65) + repeated("]", 65)).text().empty());
    CHECK(parse("[1,2,3]", {.nodes = 4}).text().empty());
    CHECK_FALSE(parse("[1,2,3]", {.nodes = 3}).text().empty());
    CHECK(parse("a\n---\nb\n", {.documents = 2}).text().empty());
    CHECK_FALSE(parse("a\n---\nb\n", {.documents = 1}).text().empty());
    CHECK(parse("{}\n{}\n", {.documents = 2}).text().empty());
    CHECK_FALSE(parse("{}\n{}\n", {.documents = 1}).text().empty());
    CHECK_FALSE(parse("a\n---\n{}\n{}\n", {.documents = 2}).text().empty());
    CHECK(parse("abc", {.bytes = 3}).text().empty());
    CHECK_FALSE(parse("abcd", {.bytes = 3}).text().empty());
    CHECK(parse("a: " + repeated("x", 1'000'000)).text().empty());
}

TEST_CASE("one broken document does not hide the mistakes of the others", "[manifest]") {
    const Parsed parsed = parse("a: [1\n---\nfine: 1\n---\nb: \"\n---\nc: d: e\n");
    REQUIRE(parsed.diagnostics.size() == 3);
    CHECK(parsed.diagnostics[0].place.line == 1);
    CHECK(parsed.diagnostics[1].place.line == 5);
    CHECK(parsed.diagnostics[2].place.line == 7);
    REQUIRE(parsed.stream.documents.size() == 1);
    CHECK(parsed.stream.documents[0].find("fine") != nullptr);
}

TEST_CASE("what kubectl takes for no document is none", "[yaml]") {
    for (const std::string_view text :
         {"--- !!map\na: 1\n", "b: 1\n--- &a\na: 1\n", "--- {\"a\": 1}\n", "--- a: 1\n",
          "--- |\n  a\n", "%YAML 1.1\n---\na: 1\n", "# c\n\n%TAG ! x\n---\na: 1\n",
          "---\n%YAML 1.2\na: 1\n"}) {
        CAPTURE(text);
        const Parsed parsed = parse(std::string(text));
        CHECK_FALSE(parsed.stream.whole);
        REQUIRE(parsed.diagnostics.size() == 1);
        CHECK(parsed.diagnostics[0].level == Level::error);
        CHECK_THAT(parsed.diagnostics[0].message, test::StartsWith("kubectl takes no"));
    }
    for (const std::string_view text :
         {"--- # c\na: 1\n", "---  \t\na: 1\n", "---\r\n{\"a\": 1}\r\n", "---\n&a\na: 1\n",
          "---\n!!map\na: 1\n", "# %\na: '\n  %'\n", "a: 1\n--- #"}) {
        CAPTURE(text);
        const Parsed parsed = parse(std::string(text));
        CHECK(parsed.text().empty());
        CHECK(parsed.stream.documents.size() == 1);
    }
    CHECK_THAT(parse("a: 1\n---\n{\"b\": 1}\n{\"c\": 1}\n").text(),
               test::StartsWith("a.yaml:4:1: warning: kubectl takes only the first object"));
    CHECK(parse("{\"b\": 1}\n{\"c\": 1}\n").text().empty());
}

TEST_CASE("a forgotten line of --- is recognised", "[manifest]") {
    const Parsed parsed = parse("apiVersion: v1\nkind: A\napiVersion: v1\nkind: B\n");
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics[0].hint == "put a line of --- between two documents");
}

TEST_CASE("a file of mistakes is given up after a hundred of them", "[manifest]") {
    CHECK(parse(repeated("a: 1\n", 5'000)).diagnostics.size() == 100);
    CHECK(parse(repeated("a: b: c\n---\n", 5'000)).diagnostics.size() == 100);
}

TEST_CASE("a document cut at any byte is read or refused with one message", "[manifest]") {
    const std::string text = "apiVersion: v1\nmetadata: {name: \"x\", labels: [\"a\", 'b']}\n";
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
        CAPTURE(cut);
        const Parsed parsed = parse(text.substr(0, cut));
        CHECK(parsed.diagnostics.size() <= 1);
        CHECK(parsed.stream.whole == parsed.diagnostics.empty());
    }
}

}  // namespace yaml_yaml_test
