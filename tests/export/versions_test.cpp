// TLSRoutes are written in the version that the cluster serves.
#include "lab/export/cluster/convert.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

namespace export_versions_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;
using sni::test::Contains;

namespace {

Converted for_cluster(const std::string& text, std::string_view istio,
                      std::string_view gateway_api) {
    lookup::Environment environment;
    CHECK(manifest::choose_istio(istio, environment.versions));
    CHECK(manifest::choose_gateway_api(gateway_api, environment.versions));
    const test::Exporting in(text, environment);
    return convert(in.manifest, in.routing.listeners, ClusterApi::gateway, in.environment);
}

std::string all_of(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += text + "\n";
    }
    return all;
}

std::string with(std::string_view name, std::string_view names) {
    return service(name, names,
                   "  - match: [{sniHosts: [" + std::string(names) +
                       "]}]\n    route: [{destination: {host: a}}]\n");
}

}  // namespace

TEST_CASE("an exported TLSRoute is v1, and of Gateway API 1.4 v1alpha2", "[export]") {
    const std::string text = workload("a") + gateway("gw", server("'*'")) + with("vs", "s.org");
    for (const std::string_view version : {"1.5", "1.6", "1.6-experimental"}) {
        const Converted now = for_cluster(text, "1.31", version);
        CHECK_THAT(all_of(now.documents), Contains("k8s.io/v1\nkind: TLSRoute"));
        CHECK(now.notes.empty());
    }
    const Converted then = for_cluster(text, "1.29", "1.4");
    CHECK_THAT(all_of(then.documents), Contains("k8s.io/v1alpha2\nkind: TLSRoute"));
    CHECK_THAT(all_of(then.notes), Contains("only the experimental channel of Gateway API 1.4 has "
                                            "TLSRoute v1alpha2"));
    CHECK_THAT(all_of(then.notes), Contains("PILOT_ENABLE_ALPHA_GATEWAY_API=true"));
    const Converted unread = for_cluster(text, "1.31", "1.4");
    CHECK_THAT(all_of(unread.notes),
               Contains("Istio 1.31 does not read a TLSRoute of Gateway API 1.4"));
    const Converted early = for_cluster(text, "1.28", "1.5");
    CHECK_THAT(all_of(early.documents), Contains("k8s.io/v1\nkind: TLSRoute"));
    CHECK_THAT(all_of(early.notes),
               Contains("Istio 1.28 does not read a TLSRoute of Gateway API 1.5: it asks for "
                        "TLSRoute v1alpha2, and ignores what is newer than Gateway API 1.4"));
}

TEST_CASE("before Gateway API 1.6 a TLSRoute has 16 hostnames", "[export]") {
    std::string names = "n.org";
    for (int i = 0; i < 39; ++i) {
        names += ", n" + std::to_string(i) + ".org";
    }
    const std::string text = workload("a") + gateway("gw", server("'*'")) + with("vs", names);
    CHECK(for_cluster(text, "1.31", "1.6").documents.size() == 1 + 1);
    CHECK(for_cluster(text, "1.31", "1.5").documents.size() == 1 + 3);
}

TEST_CASE("a rule for every name stays behind where no TLSRoute can say that", "[export]") {
    const std::string text =
        workload("a") + gateway("gw", server("'*'")) + with("vs", "s.org") + with("any", "'*'");
    const Converted standard = for_cluster(text, "1.31", "1.6");
    CHECK_THAT(all_of(standard.documents), Contains("k8s.io/v1\nkind: TLSRoute"));
    CHECK_THAT(all_of(standard.documents), !Contains("v1alpha2"));
    REQUIRE(standard.notes.size() == 1);
    CHECK_THAT(standard.notes[0], Contains("VirtualService \"ns/any\" is not carried over"));
    CHECK_THAT(
        standard.notes[0],
        Contains("the standard channel of Gateway API 1.6 does not serve TLSRoute v1alpha2"));
    const Converted both = for_cluster(text, "1.31", "1.6-experimental");
    CHECK_THAT(all_of(both.documents), Contains("v1alpha2"));
}

}  // namespace export_versions_test
