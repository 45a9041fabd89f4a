#include "lab/routing/gateway_api/namespace_labels.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/routing/route_inputs.h"
#include "tests/support/catch.h"

namespace routing_namespace_labels_test {

using namespace sni;
using namespace sni::routing;

TEST_CASE("labels that a selector tests are the namespace's own, and its name", "[routing]") {
    const test::RouteInputs objects(
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: here, labels: {team: a}}\n");
    const NamespaceLabels labels(objects.manifest());
    const auto pass = [&](std::string_view key, std::string_view op,
                          std::vector<std::string> values, const std::string& ns) {
        return labels.pass({{std::string(key), std::string(op), std::move(values)}}, ns);
    };
    CHECK(pass("team", "In", {"b", "a"}, "here") == Passes::yes);
    CHECK(pass("team", "In", {"b"}, "here") == Passes::no);
    CHECK(pass("team", "NotIn", {"a"}, "here") == Passes::no);
    CHECK(pass("tier", "NotIn", {"a"}, "here") == Passes::yes);
    CHECK(pass("team", "Exists", {}, "here") == Passes::yes);
    CHECK(pass("tier", "DoesNotExist", {}, "here") == Passes::yes);
    CHECK(pass("kubernetes.io/metadata.name", "In", {"elsewhere"}, "elsewhere") == Passes::yes);
    CHECK(labels.pass({{"team", "Exists", {}}, {"team", "In", {"b"}}}, "here") == Passes::no);
}

TEST_CASE("nobody knows the labels of a namespace that is not in the files", "[routing]") {
    const test::RouteInputs objects(
        "---\napiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: here}\n");
    const NamespaceLabels labels(objects.manifest());
    for (const bool lists : {true, false}) {
        const std::vector<std::string> right(lists ? 1 : 0, "a");
        const std::vector<std::string> wrong(lists ? 0 : 1, "a");
        for (const char* op : {lists ? "In" : "Exists", lists ? "NotIn" : "DoesNotExist"}) {
            CAPTURE(op);
            CHECK(labels.pass({{"team", op, right}}, "elsewhere") == Passes::unknown);
            CHECK(labels.pass({{"team", op, wrong}}, "elsewhere") == Passes::no);
        }
    }
    CHECK(labels.pass({{"team", "In", {"a"}}, {"kubernetes.io/metadata.name", "In", {"here"}}},
                      "elsewhere") == Passes::no);
    CHECK(labels.pass({}, "elsewhere") == Passes::yes);
}

}  // namespace routing_namespace_labels_test
