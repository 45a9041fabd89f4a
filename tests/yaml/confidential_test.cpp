#include "lab/yaml/confidential.h"

#include <string>

#include "tests/support/catch.h"

namespace yaml_confidential_test {

using sni::yaml::is_confidential;

namespace {

std::string of_kind(std::string_view line, std::string_view rest = "data: {a: b}\n") {
    return "apiVersion: v1\n" + std::string(line) + "\nmetadata: {name: a}\n" + std::string(rest);
}

}  // namespace

TEST_CASE("no way of writing that a document is a Secret shows a line of it", "[yaml]") {
    for (const std::string_view kind : {"kind: Secret",
                                        "kind : Secret  # so",
                                        "\"kind\": 'Secret'",
                                        "kind: &k Secret",
                                        "kind: !!str Secret",
                                        "kind: &k !!str \"Secret\"",
                                        "kind: >-\n  Secret",
                                        "kind: |2-\n  Secret",
                                        "kind:\n  Secret",
                                        "kind: # that is\n  Secret",
                                        "? kind\n: Secret",
                                        "&k kind: Secret",
                                        "Kind: Secret",
                                        "kind: secret",
                                        "kind: SecretList",
                                        "\"\\x6bind\": Secret",
                                        "kind: \"Secr\\u0065t\"",
                                        "kind: Gateway\nkind: Secret",
                                        "kind: *k",
                                        "kind: Secret\r"}) {
        CAPTURE(kind);
        CHECK(is_confidential(of_kind(kind)));
        // Nor where what it holds is misspelt.
        CHECK(is_confidential(of_kind(kind, "stringDta: {a: b}\n")));
        CHECK(is_confidential("---\n" + of_kind(kind)));
    }
    CHECK(is_confidential("{\"apiVersion\": \"v1\", \"kind\": \"Secret\"}"));
    CHECK(is_confidential("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Secret\"\n}\n"));
    CHECK(is_confidential("apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  dat: {a: b}\n"));
    CHECK(is_confidential("a: [\nkind: Secret\n"));
    CHECK(is_confidential(of_kind("kind:  #" + std::string(500, '#') + "\n  Secret")));
    CHECK(is_confidential(of_kind("kind: ConfigMap", "data: {a: \"-----BEGIN X-----\"}\n")));
}

TEST_CASE("a document that plainly is of another kind may speak of Secrets", "[yaml]") {
    const std::string refs = "spec: {tls: {certificateRefs: [{kind: Secret, name: a}]}}\n";
    CHECK_FALSE(is_confidential(of_kind("kind: Gateway", refs)));
    CHECK_FALSE(is_confidential("--- # a\n# b\n\n" + of_kind("kind: \"Gateway\"  # c", refs)));
    CHECK_FALSE(
        is_confidential("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Gateway\",\n"
                        "  \"spec\": {\"refs\": [{\n    \"kind\": \"Secret\"}]}\n}\n"));
    CHECK_FALSE(is_confidential(of_kind("kind: ConfigMap")));
    CHECK_FALSE(is_confidential(of_kind("kind: ExternalSecret", "spec: {kind: SecretStore}\n")));
    // One that has a Secret inside has its data, too.
    CHECK(is_confidential(
        of_kind("kind: Template", "objects:\n- kind: Secret\n  stringData: {a: b}\n")));
    // What nobody can be sure of is not shown.
    CHECK(is_confidential(of_kind("kind: Gateway", refs + "\tx: y\n? z\n")));
    CHECK(is_confidential("{apiVersion: v1, kind: Gateway, spec: {refs: [{kind: Secret}]}}"));
}

}  // namespace yaml_confidential_test
