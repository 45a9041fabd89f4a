#include "lab/export/documents.h"

#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

using namespace sni;
using namespace sni::exporting;
using sni::test::Contains;

namespace {

/// Not a real key; only its first line matters.
const std::string kKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n";

std::string in_base64(const std::string& text) {
    return to_base64(std::as_bytes(std::span(text)));
}

std::string secret(std::string_view data) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\n"
           "type: kubernetes.io/tls\ndata:\n" +
           std::string(data);
}

Selection selection(std::vector<manifest::File> files) {
    const auto parsed = manifest::parse_manifests(std::move(files), "default");
    return select(parsed.manifest, {});
}

Selection of_text(std::string text) {
    return selection({{.name = "a.yaml", .text = std::move(text)}});
}

}  // namespace

TEST_CASE("documents go out byte for byte, comments, blanks and line ends included", "[export]") {
    for (const std::string& text :
         {test::tutorial(),
          std::string("# only\n---\n\napiVersion: v1\r\nkind: Namespace\r\n"
                      "metadata: {name: a}   # trailing\r\n---\n---\n..."),
          std::string(R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})")}) {
        const Selection selected = of_text(text);
        CHECK(selected.refused.empty());
        REQUIRE(selected.texts.size() == 1);
        CHECK(selected.texts.front() == text);
    }
}

TEST_CASE("files are joined with a separator where one is missing", "[export]") {
    CHECK(join({"a: 1", "b: 2\n", "---\nc: 3\n", "--- # d\nd: 4\n"}) ==
          "a: 1\n---\nb: 2\n---\nc: 3\n--- # d\nd: 4\n");
}

TEST_CASE("a Secret with a private key stays behind, and nothing else does", "[export]") {
    const std::string rest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n";
    const Selection selected = of_text(
        rest + "---\n" +
        secret("  tls.crt: " + in_base64("cert") + "\n  tls.key: " + in_base64(kKey) + "\n") +
        "---\n" + test::k8s::backend("a").substr(4));
    CHECK(selected.refused.empty());
    REQUIRE(selected.texts.size() == 1);
    CHECK(selected.texts.front() == rest + test::k8s::backend("a"));
    REQUIRE(selected.held_back.size() == 1);
    CHECK(selected.held_back[0].tls);
    CHECK(selected.held_back[0].name == "s");
    CHECK(selected.held_back[0].place == Place{.file = "a.yaml", .line = 5, .column = 1});
}

TEST_CASE("an Opaque Secret with a key inside stays behind, one without goes along", "[export]") {
    const std::string opaque =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\nstringData:\n";
    const Selection held = of_text(opaque +
                                   "  both.pem: |\n    cert\n    -----BEGIN EC PRIVATE "
                                   "KEY-----\n    AA==\n");
    CHECK(held.texts.empty());
    REQUIRE(held.held_back.size() == 1);
    CHECK_FALSE(held.held_back[0].tls);
    CHECK(held.held_back[0].keys == std::vector<std::string>{"both.pem"});
    CHECK(of_text(opaque + "  password: x\n").texts.size() == 1);
}

TEST_CASE("a private key outside of a Secret, or in a mixed List, refuses the export", "[export]") {
    const Selection config = of_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  key.pem: |\n    "
        "-----BEGIN RSA PRIVATE KEY-----\n    AA==\n");
    CHECK(config.texts.empty() == false);  // never printed: the caller refuses
    REQUIRE(config.refused.size() == 1);
    CHECK_THAT(config.refused[0].message, Contains("which is no Secret"));
    CHECK(of_text("# " + in_base64("x" + kKey) +
                  "\napiVersion: v1\nkind: Namespace\nmetadata: "
                  "{name: a}\n")
              .refused.size() == 1);
    const Selection list = of_text(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: "
        "a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {tls.key: k}}\n");
    REQUIRE(list.refused.size() == 1);
    CHECK_THAT(list.refused[0].message, Contains("only a part of this List"));
}

TEST_CASE("a private key is seen in PEM and in base64, wherever the lines break", "[export]") {
    CHECK(holds_private_key(kKey));
    CHECK(holds_private_key("-----BEGIN OPENSSH PRIVATE KEY-----"));
    CHECK_FALSE(holds_private_key("-----BEGIN PUBLIC KEY-----\nAA==\n"));
    CHECK_FALSE(holds_private_key("private keys stay where they are"));
    for (const char* before : {"", "x", "xx"}) {
        std::string text = in_base64(before + kKey);
        CHECK(holds_private_key(text));
        text.insert(30, "\n    ");
        CHECK(holds_private_key(text));
    }
}

TEST_CASE("namespaces are missing when documents are in them and nobody makes them", "[export]") {
    const test::Exporting in(test::k8s::backend("a", "one") + test::k8s::backend("a", "two") +
                             test::k8s::backend("a", "three") +
                             "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n");
    CHECK(missing_namespaces(in.manifest, {"three"}) == std::vector<std::string>{"one"});
}
