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
    CHECK(pass("team", "In", {"b", "a"}, "here"));
    CHECK_FALSE(pass("team", "In", {"b"}, "here"));
    CHECK_FALSE(pass("team", "NotIn", {"a"}, "here"));
    CHECK(pass("team", "NotIn", {"a"}, "elsewhere"));
    CHECK(pass("team", "Exists", {}, "here"));
    CHECK(pass("team", "DoesNotExist", {}, "elsewhere"));
    CHECK(pass("kubernetes.io/metadata.name", "In", {"elsewhere"}, "elsewhere"));
    CHECK_FALSE(labels.pass({{"team", "Exists", {}}, {"team", "In", {"b"}}}, "here"));
}

}  // namespace routing_namespace_labels_test
