// Documents of the Gateway API go along in versions that the cluster serves.
#include <string>

#include "lab/export/cluster/convert.h"
#include "lab/export/cluster/documents.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

namespace export_written_anew_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;
using sni::test::Contains;

namespace {

/// What is written of `text`, and how.
struct Written {
    Converted converted;
    std::string text;
    std::string notes;
};

Written written(const std::string& text, std::string_view gateway_api,
                ClusterApi api = ClusterApi::gateway, std::string_view istio = "1.31") {
    lookup::Environment environment;
    REQUIRE(manifest::choose_istio(istio, environment.versions));
    REQUIRE(manifest::choose_gateway_api(gateway_api, environment.versions));
    const test::Exporting in(text, environment);
    CHECK(in.mistakes.empty());
    Written out{.converted = convert(in.manifest, in.routing.listeners, api, in.environment),
                .text = {},
                .notes = {}};
    out.text = join(select(in.manifest, out.converted.replaced, out.converted.edits).texts);
    for (const std::string& note : out.converted.notes) {
        out.notes += note + "\n";
    }
    return out;
}

std::string tls(std::string_view version, std::string_view spec) {
    return "---\napiVersion: " + std::string(version) +
           "  # by hand\nkind: TLSRoute\nmetadata: {name: r, namespace: ns}\nspec: {parentRefs: "
           "[{name: gw}], " +
           std::string(spec) + "}\n";
}

constexpr std::string_view kRule = "{backendRefs: [{name: a, port: 443}]}";
const std::string kNamed = "hostnames: [a.org], rules: [" + std::string(kRule) + "]";
const std::string kNameless = "rules: [" + std::string(kRule) + "]";
const std::string kTwoRules =
    "hostnames: [a.org], rules: [" + std::string(kRule) + ", " + std::string(kRule) + "]";

std::string with(const std::string& route) {
    return workload("a") + api_gateway("gw", listener("l")) + route;
}

std::string other(std::string_view kind, std::string_view version) {
    return "---\napiVersion: gateway.networking.k8s.io/" + std::string(version) +
           "\nkind: " + std::string(kind) +
           "\nmetadata: {name: raw, namespace: ns}\nspec: "
           "{parentRefs: [{name: gw}], rules: [" +
           std::string(kRule) + "]}\n";
}

}  // namespace

TEST_CASE("an old TLSRoute is written as the standard channel has it, and all else stays",
          "[export]") {
    for (const std::string_view old : {"v1alpha2", "v1alpha3"}) {
        for (const std::string_view cluster : {"1.5", "1.5-experimental", "1.6"}) {
            CAPTURE(old, cluster);
            const std::string group = "gateway.networking.k8s.io/";
            const Written out = written(with(tls(group + std::string(old), kNamed)), cluster);
            CHECK(out.text == with(tls(group + "v1", kNamed)));
            CHECK_THAT(out.notes,
                       Contains("1 TLSRoute of " + std::string(old) + " is written as v1: "));
            CHECK(!out.converted.experimental);
        }
    }
}

TEST_CASE("however apiVersion is quoted, and in a List, it is written anew", "[export]") {
    const std::string json = R"({"apiVersion": "v1", "kind": "List", "items": [
      {"apiVersion": "gateway.networking.k8s.io/v1alpha2", "kind": "TLSRoute",
       "metadata": {"name": "r", "namespace": "ns"}, "spec": {"parentRefs": [{"name": "gw"}],
       "hostnames": ["a.org"], "rules": [{"backendRefs": [{"name": "a", "port": 443}]}]}}]}
)";
    const Written listed = written(with("---\n" + json), "1.6");
    CHECK_THAT(listed.text,
               Contains(R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "TLSRoute",)"));
    const Written single =
        written(with(tls("'gateway.networking.k8s.io/v1alpha3'", kNamed)), "1.6");
    CHECK_THAT(single.text, Contains("apiVersion: \"gateway.networking.k8s.io/v1\"  # by hand"));
    const Written anchored =
        written(with(tls("&v gateway.networking.k8s.io/v1alpha3", kNamed)), "1.6");
    REQUIRE(anchored.converted.refused.size() == 1);
    CHECK_THAT(anchored.converted.refused[0].message, Contains("cannot be written anew"));
}

TEST_CASE("what v1 cannot say stays behind, or needs the experimental channel", "[export]") {
    for (const std::string& spec : {kNameless, kTwoRules}) {
        CAPTURE(spec);
        const std::string old = tls("gateway.networking.k8s.io/v1alpha2", spec);
        const Written both = written(with(old), "1.6-experimental");
        CHECK(both.text == with(old));
        CHECK(both.converted.experimental);
        CHECK_THAT(both.notes, Contains("TLSRoute \"ns/r\" stays v1alpha2, which only the "
                                        "experimental channel of the Gateway API serves"));
        lookup::Environment environment;
        REQUIRE(manifest::choose_gateway_api("1.6", environment.versions));
        const test::Exporting in(with(old), environment);
        CHECK_THAT(in.mistakes, Contains("X-API-VERSION"));
        const Converted standard =
            convert(in.manifest, in.routing.listeners, ClusterApi::gateway, in.environment);
        CHECK(!standard.experimental);
        REQUIRE(standard.notes.size() == 1);
        CHECK_THAT(standard.notes[0],
                   Contains("TLSRoute \"ns/r\" is left out: the standard channel of Gateway API "
                            "1.6 does not serve TLSRoute v1alpha2; what came behind v1alpha2 has "
                            "exactly one rule, and a TLSRoute has hostnames"));
        CHECK_THAT(join(select(in.manifest, standard.replaced, standard.edits).texts),
                   !Contains("kind: TLSRoute"));
    }
}

TEST_CASE("a TLSRoute of today becomes one of the experimental channel for Gateway API 1.4",
          "[export]") {
    const std::string group = "gateway.networking.k8s.io/";
    lookup::Environment environment;
    REQUIRE(manifest::choose_gateway_api("1.4", environment.versions));
    REQUIRE(manifest::choose_istio("1.29", environment.versions));
    const test::Exporting in(with(tls(group + "v1", kNamed)), environment);
    CHECK(in.mistakes.empty());
    const Converted then =
        convert(in.manifest, in.routing.listeners, ClusterApi::gateway, in.environment);
    CHECK(then.experimental);
    CHECK_THAT(join(select(in.manifest, then.replaced, then.edits).texts),
               Contains(tls(group + "v1alpha3", kNamed)));
}

TEST_CASE("kinds that are not played are written as they are served, too", "[export]") {
    for (const std::string_view kind : {"TCPRoute", "UDPRoute"}) {
        CAPTURE(kind);
        const Written now = written(with(other(kind, "v1alpha2")), "1.6");
        CHECK_THAT(now.text, Contains(other(kind, "v1")));
        CHECK(now.converted.gateway_api == 6);
        CHECK(now.converted.newest == std::string(kind) + " v1");
        const Written then =
            written(with(other(kind, "v1alpha2")), "1.5-experimental", ClusterApi::gateway, "1.30");
        CHECK_THAT(then.text, Contains(other(kind, "v1alpha2")));
        CHECK(then.converted.experimental);
        const Written beside = written(with(other(kind, "v1alpha2")), "1.6", ClusterApi::istio);
        CHECK_THAT(beside.text, Contains(other(kind, "v1")));
    }
    const std::string grant =
        "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: "
        "{name: g, namespace: ns}\nspec: {from: [{group: gateway.networking.k8s.io, kind: "
        "TLSRoute, namespace: b}], to: [{group: '', kind: Service}]}\n";
    CHECK(written(with(grant), "1.6").text == with(grant));
    const Written set = written(with("---\napiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: "
                                     "XMesh\nmetadata: {name: m}\nspec: {}\n"),
                                "1.6");
    CHECK_THAT(set.text, Contains("kind: XMesh"));
}

TEST_CASE("a kind that no channel serves is left out, and told", "[export]") {
    const std::string set =
        "---\napiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: XListenerSet\nmetadata: "
        "{name: s, namespace: ns}\nspec: {parentRef: {name: gw}, listeners: [{name: m, port: 444, "
        "protocol: TLS, tls: {mode: Passthrough}}]}\n";
    lookup::Environment environment;
    const test::Exporting in(with(set), environment);
    const Converted out =
        convert(in.manifest, in.routing.listeners, ClusterApi::gateway, in.environment);
    REQUIRE(out.notes.size() == 1);
    CHECK_THAT(out.notes[0], Contains("XListenerSet \"ns/s\" is left out: "));
    CHECK_THAT(out.notes[0], Contains("write kind: ListenerSet"));
    CHECK_THAT(join(select(in.manifest, out.replaced, out.edits).texts), !Contains("XListenerSet"));
}

}  // namespace export_written_anew_test
