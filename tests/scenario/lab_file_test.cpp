#include "lab/scenario/lab_file.h"

#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace scenario_lab_file_test {

using namespace sni;

namespace {

scenario::ParsedLabFile parsed(std::string_view text) {
    const test::Read tutorial = test::read_text(test::tutorial());
    return scenario::parse_lab_file({.name = "lab.yaml", .text = std::string(text)},
                                    &tutorial.scenario);
}

std::string errors(std::string_view text) {
    std::string all;
    for (const Diagnostic& d : parsed(text).diagnostics) {
        all += render(d);
    }
    return all;
}

}  // namespace

TEST_CASE("lab.yaml says how certificates are made, and what goes wrong", "[manifest]") {
    const auto lab = parsed(
        "certificates:\n"
        "- {secret: passthrough-test/httpbin-credential, names: [a.b], cn-only: true,\n"
        "   signed-by: lab-ca, valid-from: -9, valid-until: -1}\n"
        "backends:\n- {name: passthrough-test/httpbin, fault: hang, alpn: [x]}\n"
        "gateway:\n- {port: 443, hello-timeout: 500ms, proxy-protocol: v1, forgery: resign}\n");
    CHECK(lab.diagnostics.empty());
    const auto* recipe =
        lab.lab.recipe_for({.ns = "passthrough-test", .name = "httpbin-credential"});
    REQUIRE(recipe != nullptr);
    CHECK(recipe->names == std::vector<std::string>{"a.b"});
    CHECK(recipe->cn_only);
    CHECK(recipe->valid_until == -1);
    CHECK(lab.lab.needs_authority());
    // Every replica of a Deployment is set up alike.
    REQUIRE(lab.lab.backend("passthrough-test/httpbin/2") != nullptr);
    CHECK(lab.lab.backend("passthrough-test/httpbin/2")->fault ==
          scenario::BackendSetting::Fault::hang);
    CHECK(lab.lab.backend("passthrough-test/httpbing") == nullptr);
    REQUIRE(lab.lab.gate(443) != nullptr);
    CHECK(lab.lab.gate(443)->hello_timeout == std::chrono::milliseconds(500));
    CHECK(lab.lab.gate(443)->proxy_protocol == 1);
}

TEST_CASE("a name in lab.yaml that the manifests do not have is an error", "[manifest]") {
    CHECK_THAT(errors("backends:\n- {name: passthrough-test/httpbim}\n"),
               test::Contains("the scenario has no backend") &&
                   test::Contains("did you mean passthrough-test/httpbin?"));
    CHECK_THAT(errors("certificates:\n- {secret: a/b}\n"),
               test::Contains("the scenario has no Secret without content \"a/b\""));
    CHECK_THAT(errors("gateway:\n- {port: 444}\n"),
               test::Contains("no Gateway of the scenario has port 444"));
}

TEST_CASE("names in lab.yaml are not compared with manifests that could not be read",
          "[manifest]") {
    const manifest::File file{.name = "lab.yaml",
                              .text = "backends:\n- {name: a/b}\ngateway:\n- {port: 1}\nx: 1\n"};
    const auto lab = scenario::parse_lab_file(file, nullptr);
    REQUIRE(lab.diagnostics.size() == 1);
    CHECK(lab.diagnostics.front().code == "X-UNKNOWN-FIELD");
}

TEST_CASE("a value in lab.yaml that makes no sense is an error", "[manifest]") {
    const std::string secret = "certificates:\n- secret: passthrough-test/httpbin-credential\n";
    CHECK_THAT(errors(secret + "  valid-from: 2\n  valid-until: 1\n"),
               test::Contains("the certificate ends before it begins"));
    CHECK_THAT(errors(secret + "  signed-by: me\n"),
               test::Contains("nobody here is called \"me\""));
    CHECK_THAT(errors("backends:\n- {name: passthrough-test/httpbin, fault: slow}\n"),
               test::Contains("there is no fault \"slow\""));
    CHECK_THAT(errors("gateway:\n- {port: 443, idle-timeout: 5}\n"),
               test::Contains("idle-timeout"));
    CHECK_THAT(errors("gateway:\n- {port: 443, forgery: lie}\n"),
               test::Contains("there is no forgery \"lie\""));
    CHECK_THAT(errors("gatway: []\n"), test::Contains("X-UNKNOWN-FIELD"));
}

TEST_CASE("a PROXY header is not for a port on which the gateway ends TLS or wraps it",
          "[manifest]") {
    scenario::Scenario scenario = test::read_text(test::tutorial()).scenario;
    REQUIRE(!scenario.routes.empty());
    SECTION("ends") {
        scenario.terminators.emplace_back().gateway_port = 443;
    }
    SECTION("wraps") {
        scenario.routes.front().destinations.front().wrapped = true;
    }
    const auto told = [&](const std::string& text) {
        return scenario::parse_lab_file({.name = "lab.yaml", .text = text}, &scenario).diagnostics;
    };
    const auto refused = told("gateway:\n- port: 443\n  proxy-protocol: v1\n");
    REQUIRE(refused.size() == 1);
    CHECK_THAT(render(refused.front()),
               test::Contains("lab.yaml:3:19: error: port 443 also has names whose TLS the gateway "
                              "ends or wraps [X-VALUE]"));
    CHECK(told("gateway:\n- {port: 443, accept-proxy: true}\n").empty());
}

TEST_CASE("certificates that are the same as each other are made of nothing", "[manifest]") {
    const auto told = [](const std::string& text) {
        std::string all;
        for (const Diagnostic& d :
             scenario::parse_lab_file({.name = "lab.yaml", .text = text}, nullptr).diagnostics) {
            all += d.message + "\n";
        }
        return all;
    };
    const auto same = [](std::string_view one, std::string_view other) {
        return "- {secret: n/" + std::string(one) + ", same-as: n/" + std::string(other) + "}\n";
    };
    CHECK(told("certificates:\n" + same("a", "b") + same("b", "c")).empty());
    CHECK(told("certificates:\n" + same("a", "a")).empty());  // by itself
    CHECK(told("certificates:\n" + same("a", "b") + same("b", "a")) ==
          "same-as leads from \"n/a\" round to itself\n");
    CHECK_THAT(
        told("certificates:\n" + same("x", "a") + same("a", "b") + same("b", "c") + same("c", "a")),
        test::Contains("round to itself"));
}

}  // namespace scenario_lab_file_test
