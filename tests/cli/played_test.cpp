// Whatever analyze calls an error is refused by the lab with the same code, or played, so that a
// client meets what it would meet in a cluster. Nothing in between.
#include "cli/played.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/inspect_pair.h"
#include "certs/issue.h"
#include "cli/lab_setup.h"
#include "lab/analyze/analyze.h"
#include "lab/manifest/documents/documents.h"
#include "lab/scenario/catalogue.h"
#include "tests/analyze/cases.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_played_test {

using namespace sni;
using nlohmann::json;

namespace {

using Codes = std::set<std::string>;

struct Outcome {
    Codes errors;   ///< by analyze
    Codes refused;  ///< by the lab
    Codes warned;   ///< by the lab that starts all the same
};

Codes codes_of(const std::vector<Diagnostic>& diagnostics, Level level) {
    Codes codes;
    for (const Diagnostic& d : diagnostics) {
        if (d.level == level) codes.insert(d.code);
    }
    return codes;
}

Outcome outcome(const std::string& file) {
    Outcome result;
    const auto parsed =
        manifest::parse_manifests({{.name = file, .text = test::slurp(file)}}, "default");
    analyze::Options options;
    options.now = wall_clock();
    options.inspect = certs::inspect_pair;
    for (const analyze::Finding& finding : analyze::analyze(parsed, options).findings) {
        if (finding.diagnostic.level == Level::error) result.errors.insert(finding.diagnostic.code);
    }
    try {
        // What the lab only does not understand is no mistake.
        result.warned = codes_of(cli::load(file, true, "default").warnings, Level::warning);
    } catch (const Failure& failure) {
        result.refused = codes_of(failure.diagnostics(), Level::error);
    }
    return result;
}

Outcome outcome_of(const std::string& text) {
    const test::TempFolder folder;
    test::spill(folder / "m.yaml", text);
    return outcome((folder / "m.yaml").string());
}

std::string indented(std::string_view pem) {
    std::string text = "    ";
    for (const char c : pem) {
        text += c;
        if (c == '\n') text += "    ";
    }
    return text + "\n";
}

std::string secret(const certs::CertBundle& cert, const certs::CertBundle& key,
                   std::string_view ns = "ns") {
    return test::document("v1", "Secret", "s",
                          "type: kubernetes.io/tls\nstringData:\n  tls.crt: |\n" +
                              indented(cert.cert_pem) + "  tls.key: |\n" +
                              indented(key.key.reveal()),
                          ns);
}

test::Lab with_secret(const std::string& more, std::string_view items = {}) {
    return {.container =
                "name: c, image: i, volumeMounts: [{name: v, mountPath: /c}], ports: "
                "[{containerPort: 8443}]",
            .volumes = "{name: v, secret: {secretName: s" + std::string(items) + "}}",
            .more = more};
}

certs::CertBundle issued(std::string name, int from, int until) {
    certs::CertRequest request = test::request_for({std::move(name)});
    request.not_before = wall_clock() + std::chrono::days(from);
    request.not_after = wall_clock() + std::chrono::days(until);
    return certs::issue(request);
}

}  // namespace

TEST_CASE("each of analyze's errors about a scenario is refused by the lab, or played", "[cli]") {
    const certs::CertBundle good = issued("a.example.com", -1, 30);
    const certs::CertBundle other = issued("other.example.com", -1, 30);
    const certs::CertBundle expired = issued("a.example.com", -30, -1);
    const certs::CertBundle early = issued("a.example.com", 1, 30);
    const auto rule = [](std::string_view policy) {
        return with_secret(test::destination_rule("a", policy));
    };
    struct Row {
        const char* code;
        bool played;
        test::Lab lab;
    };
    const std::vector<Row> rows = {
        {"X-DOUBLE-TLS", true, rule(test::policy("SIMPLE"))},
        {"X-DOUBLE-TLS", true, rule(test::policy("MUTUAL, clientCertificate: c, privateKey: k"))},
        {"X-EXPIRED", true, with_secret(secret(expired, expired))},
        {"X-NOT-YET", true, with_secret(secret(early, early))},
        {"X-CERT-NAME", true, with_secret(secret(other, other))},
        {"X-KEY-MISMATCH", false, with_secret(secret(good, other))},
        {"X-BAD-CERT", false,
         with_secret(test::document("v1", "Secret", "s", "stringData: {tls.crt: c, tls.key: k}"))},
        {"X-SECRET-MISSING", false,
         with_secret(secret(good, good), ", items: [{key: none, path: tls.crt}]")},
        {"IST0101",
         false,
         {.destination = "host: a, subset: v2",
          .more = test::destination_rule("a", "subsets: [{name: v1}]")}},
        {"IST0101", false, {.destination = "host: nowhere"}},
        {"IST0101", false, {.selector = "istio: ingresgateway"}},
        {"IST0101", false, {.gateways = "gateways: [none]"}},
        {"IST0145", false, {.more = test::gateway("gw2", {})}},
        {"IST0106", false, {.match = "port: 443"}},
        {"X-NO-ROUTE", false, {.rules = "  http: [{route: [{destination: {host: a}}]}]"}},
        {"IST0161",
         false,
         {.tls = "tls: {mode: SIMPLE, credentialName: s}",
          .rules = "  http: [{route: [{destination: {host: a, port: {number: 443}}}]}]",
          .more = secret(good, other, "istio-system")}},
    };
    for (const Row& row : rows) {
        const std::string text = test::text_of(row.lab);
        CAPTURE(row.code, text);
        const Outcome found = outcome_of(text);
        CAPTURE(found.errors, found.refused, found.warned);
        CHECK(found.errors.contains(row.code));
        CHECK(found.refused.contains(row.code) == !row.played);
        CHECK(found.warned.contains(row.code) == row.played);
    }
}

TEST_CASE("a server's Secret that no file holds is made, as a pod's is", "[cli]") {
    const Outcome found = outcome_of(test::text_of(
        {.tls = "tls: {mode: SIMPLE, credentialName: s}",
         .rules = "  http: [{route: [{destination: {host: a, port: {number: 443}}}]}]"}));
    CHECK(found.errors.empty());
    CHECK(found.refused.empty());
}

TEST_CASE("no public manifest with an error of analyze's starts as if nothing were wrong",
          "[cli]") {
    const std::filesystem::path corpus =
        std::filesystem::path(SNI_LAB_SOURCE_DIR) / "tests/data/public";
    REQUIRE(std::filesystem::is_directory(corpus));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
        if (entry.path().extension() != ".yaml") continue;
        CAPTURE(entry.path().string());
        const Outcome found = outcome(entry.path().string());
        CAPTURE(found.errors, found.refused, found.warned);
        Codes quiet;
        for (const std::string& code : found.errors) {
            const bool told = found.warned.contains(code) || code == "IST0101";
            if (!told) quiet.insert(code);
        }
        CHECK((quiet.empty() || !found.refused.empty()));
    }
}

TEST_CASE("TLS around TLS fails in the lab as in a cluster, for every client", "[cli]") {
    const test::TempFolder folder;
    for (const char* file : {"m.yaml", "tls.yaml"}) {
        test::spill(
            folder / file,
            test::text_of(with_secret(file == std::string_view("tls.yaml")
                                          ? test::destination_rule("a", test::policy("SIMPLE"))
                                          : "")));
        const test::Ran ran = test::run(
            {"verify", (folder / file).string(), "--json", "--state", (folder / "state").string()});
        const json report = json::parse(ran.out);
        CAPTURE(ran.out);
        if (file == std::string_view("m.yaml")) {
            CHECK(report["verdict"] == "proven");
            continue;
        }
        CHECK(ran.status == 4);
        CHECK(report["verdict"] == "not_routed");
        CHECK(ran.out.find("SL2106") != std::string::npos);
    }
}

TEST_CASE("only weights' own share of the connections meets a DestinationRule", "[cli]") {
    const std::string plain =
        test::service("b", "app: a", "{name: tls, port: 443, targetPort: 8443}");
    const auto resolved = [&](const std::string& text) {
        const auto parsed = manifest::parse_manifests({{.name = "a", .text = text}}, "default");
        return scenario::resolve(parsed.manifest, "test").scenario;
    };
    test::Lab lab = with_secret(plain + test::destination_rule("b", test::policy("SIMPLE")));
    lab.rules =
        "  tls:\n  - match: [{sniHosts: [a.example.com]}]\n    route: [{destination: {host: a}, "
        "weight: 75}, {destination: {host: b}, weight: 25}]";
    const scenario::Scenario scenario = resolved(test::text_of(lab));
    REQUIRE(scenario.routes.size() == 1);
    const auto& to = scenario.routes[0].destinations;
    REQUIRE(to.size() == 2);
    CHECK(to[0] == scenario::RouteSpec::Destination{.backend = 0, .weight = 3, .wrapped = false});
    CHECK(to[1] == scenario::RouteSpec::Destination{.backend = 0, .weight = 1, .wrapped = true});
}

}  // namespace cli_played_test
