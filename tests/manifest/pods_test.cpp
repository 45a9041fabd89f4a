// What a route's destination is: the Service's port, its pods, and the certificate that they serve.
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_pods_test {

using namespace sni;
using Codes = std::vector<std::string>;

TEST_CASE("the destination's port is the Service's", "[manifest]") {
    const auto with = [](std::string_view port) {
        return test::tutorial_with("        port:\n          number: 443\n", port,
                                   "kind: VirtualService");
    };
    CHECK(with("").codes().empty());  // the only port
    CHECK(with("        port: {number: 8443}\n").text("IST0101") ==
          "a.yaml:95:24: error: Service \"passthrough-test/httpbin\" has no TCP port 8443 "
          "[IST0101]\n   95 |         port: {number: 8443}\n      |                        ^^^^\n"
          "hint: it has 443\n");
    std::string two =
        test::replaced(test::tutorial(), "  - port: 443\n",
                       "  - port: 80\n    name: http\n  - port: 443\n    name: tls\n");
    CHECK(test::read_text(two).codes().empty());
    two = test::replaced(two, "        port:\n          number: 443\n", "", "kind: VirtualService");
    CHECK(test::read_text(two).errors() == Codes{"IST0112"});
}

TEST_CASE("a target port is a number, a container's port by name, or the port itself",
          "[manifest]") {
    const auto with = [](std::string_view target, std::string_view name) {
        std::string text = test::replaced(test::tutorial(), "    targetPort: 8443\n", target);
        return test::read_text(
            test::replaced(text, "        - containerPort: 8443\n",
                           "        - containerPort: 8443\n" + std::string(name)));
    };
    const test::Read named = with("    targetPort: https\n", "          name: https\n");
    CHECK(named.codes().empty());
    REQUIRE(named.scenario.backends.size() == 1);
    CHECK(named.scenario.backends[0].target_port == 8443);
    CHECK(with("    targetPort: https\n", "          name: http\n").text("X-NO-ENDPOINTS") ==
          "a.yaml:21:17: error: no container of Deployment \"passthrough-test/httpbin\" has a port "
          "named \"https\" [X-NO-ENDPOINTS]\n   21 |     targetPort: https\n"
          "      |                 ^^^^^\n"
          "why: a target port that no pod has leaves the Service without endpoints\n"
          "hint: did you mean http?\n");
    const test::Read same = with("", "");
    CHECK(same.codes() == Codes{"X-TARGET-PORT"});  // 443, and gunicorn listens on 8443
}

TEST_CASE("the process must listen where the Service sends", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return test::tutorial_with(from, to, "args:");
    };
    CHECK(with("0.0.0.0:8443", "0.0.0.0:8444").text("X-TARGET-PORT") ==
          "a.yaml:52:11: error: the process listens on port 8444, but Service "
          "\"passthrough-test/httpbin\" sends to 8443 [X-TARGET-PORT]\n"
          "   52 |         - 0.0.0.0:8444\n      |           ^^^^^^^^^^^^\n"
          "why: its target port is given at a.yaml:21\n"
          "hint: write targetPort: 8444 there, or port 8443 here\n");
    CHECK(with("0.0.0.0:8443", "127.0.0.1:8443").codes() == Codes{"X-TARGET-PORT"});
    CHECK(with("- -b\n        - 0.0.0.0:8443", "- --bind=[::]:8443").codes().empty());
    CHECK(with("- -b\n        - 0.0.0.0:8443", "- -b:8443").codes().empty());
    CHECK(with("- -b\n        - 0.0.0.0:8443", "- -b\n        - unix:/x").codes().empty());
    CHECK(with("- 0.0.0.0:8443", "- 0.0.0.0:9000\n        - --bind\n        - 0.0.0.0:8443")
              .codes()
              .empty());
}

TEST_CASE("the certificate is the one that the process is told to serve", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return test::tutorial_with(from, to, "volumeMounts");
    };
    CHECK(with("--certfile=/etc/certs/", "--certfile=/etc/cert/").text("X-CERT-PATH") ==
          "a.yaml:49:11: error: \"/etc/cert/tls.crt\" is in no volume of the container "
          "[X-CERT-PATH]\n   49 |         - --certfile=/etc/cert/tls.crt\n"
          "      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\nwhy: mounted are /etc/certs\n"
          "hint: mount the Secret there, or correct the path\n");
    CHECK(with("certs/tls.crt", "certs/cert.pem").codes() == Codes{"X-CERT-PATH"});
    CHECK(with("        - --keyfile=/etc/certs/tls.key\n", "").codes() == Codes{"X-CERT-PATH"});
    CHECK(with("        secret:\n          secretName: httpbin-credential\n",
               "        emptyDir: {}\n")
              .codes() == Codes{"X-UNSUPPORTED", "X-UNSUPPORTED"});
    CHECK(with("- --certfile=/etc/certs/tls.crt", "- --certfile\n        - /etc/certs/tls.crt")
              .codes()
              .empty());
    const test::Read items =
        with("          secretName: httpbin-credential\n",
             "          secretName: httpbin-credential\n          items: [{key: tls.crt, path: "
             "tls.crt}, {key: tls.key, path: tls.key}]\n");
    CHECK(items.codes().empty());
    CHECK(with("          secretName: httpbin-credential\n",
               "          secretName: httpbin-credential\n"
               "          items: [{key: tls.crt, path: tls.crt}]\n")
              .codes() == Codes{"X-CERT-PATH"});
}

TEST_CASE("a pod that is told no certificate serves plain text", "[manifest]") {
    std::string text = test::replaced(test::tutorial(),
                                      "        - --certfile=/etc/certs/tls.crt\n"
                                      "        - --keyfile=/etc/certs/tls.key\n",
                                      "");
    const test::Read gunicorn = test::read_text(text);
    CHECK(gunicorn.codes().empty());
    REQUIRE(gunicorn.scenario.backends.size() == 1);
    CHECK_FALSE(gunicorn.scenario.backends[0].secret.has_value());
    // An image whose command line tells nothing is taken to use the Secret that it mounts.
    const test::Read other =
        test::read_text(test::replaced(text, "        - gunicorn\n", "        - serve\n"));
    CHECK(other.codes() == Codes{"X-ASSUMED-TLS"});
    REQUIRE(other.scenario.backends.size() == 1);
    REQUIRE(other.scenario.backends[0].secret.has_value());
    CHECK(other.scenario.backends[0].secret->name == "httpbin-credential");
}

TEST_CASE("a Secret in the files brings its PEM, one in another namespace is missed",
          "[manifest]") {
    const auto secret = [](std::string_view ns, std::string_view data) {
        return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: httpbin-credential, "
               "namespace: " +
               std::string(ns) + "}\nstringData: {" + std::string(data) + "}\n";
    };
    const test::Read held = test::read_text(
        test::tutorial() + secret("passthrough-test", "tls.crt: cert, tls.key: key"));
    CHECK(held.codes().empty());
    REQUIRE(held.scenario.backends.size() == 1);
    CHECK(held.scenario.backends[0].secret->cert_pem == "cert");
    CHECK(held.scenario.backends[0].secret->key_pem == "key");
    const test::Read elsewhere =
        test::read_text(test::tutorial() + secret("istio-system", "tls.crt: cert, tls.key: key"));
    CHECK(elsewhere.codes() == Codes{"X-SECRET-MISSING"});
    CHECK_FALSE(elsewhere.scenario.backends[0].secret->cert_pem.has_value());
    CHECK(
        test::read_text(test::tutorial() + secret("passthrough-test", "cert: a, key: b")).codes() ==
        Codes{"X-CERT-PATH"});
}

TEST_CASE("a Secret lists every name that reaches its pods, first one first", "[manifest]") {
    std::string text = test::replaced(test::tutorial(), "  - httpbin.example.com\n",
                                      "  - httpbin.example.com\n  - \"*.wild.example.com\"\n",
                                      "kind: VirtualService");
    text =
        test::replaced(text, "      - httpbin.example.com\n",
                       "      - \"*.wild.example.com\"\n      - httpbin.example.com\n", "sniHosts");
    const test::Read read = test::read_text(text);
    REQUIRE(read.scenario.backends.size() == 1);
    CHECK(read.scenario.backends[0].secret->names ==
          Codes{"*.wild.example.com", "httpbin.example.com"});
    // "*" is no name for a certificate: the hosts say more.
    std::string any = test::replaced(test::tutorial(), "      - httpbin.example.com\n",
                                     "      - \"*\"\n", "sniHosts");
    any = test::replaced(any, "  - httpbin.example.com\n", "  - \"*\"\n", "kind: VirtualService");
    const test::Read star = test::read_text(any);
    CHECK(test::routes(star) == Codes{"* -> passthrough-test/httpbin"});
    CHECK(star.scenario.backends[0].secret->names == Codes{"httpbin.example.com"});
}

}  // namespace manifest_pods_test
