#include "cli/certgen.h"

#include <regex>
#include <sstream>

#include <nlohmann/json.hpp>

#include "certs/inspect.h"
#include "certs/store.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "tests/cli/certgen_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace sni::cli {
namespace {

namespace fs = std::filesystem;

std::string masked(std::string text, const test::TempFolder& folder) {
    text = std::regex_replace(text, std::regex("([0-9A-F]{2}:){31}[0-9A-F]{2}"), "DIGEST");
    for (std::size_t at = 0; (at = text.find(folder.path().native())) != std::string::npos;) {
        text.replace(at, folder.path().native().size(), "TMP");
    }
    return text;
}

TEST_CASE("without a name certgen makes the tutorial's certificate, with a SAN", "[cli]") {
    Certgen certgen;
    certgen.options.key = CertgenOptions().key;
    CHECK(masked(certgen.made(), certgen.folder) ==
          "Made 1 certificate in TMP/state/certs\n"
          "\n"
          "  httpbin.example.com   RSA 2048, self-signed\n"
          "    subject      CN=httpbin.example.com, O=myorg\n"
          "    names        httpbin.example.com\n"
          "    certificate  httpbin.example.com.crt\n"
          "    key          httpbin.example.com.key, mode 0600\n"
          "    valid        2026-11-22T11:00:00Z to 2027-11-22T12:00:00Z (365 days)\n"
          "    SHA-256      DIGEST\n"
          "\n"
          "Trust it for one command: curl --cacert TMP/state/certs/httpbin.example.com.crt "
          "--resolve httpbin.example.com:8443:127.0.0.1 "
          "https://httpbin.example.com:8443/status/418\n"
          "Next: sni-lab up --state TMP/state\n");
    const CertFacts facts = certgen.facts("httpbin.example.com");
    CHECK(facts.key == "RSA 2048");
    CHECK(facts.self_signed);
    CHECK(test::mode_of(certgen.folder / "state") == 0700);
    CHECK(test::mode_of(certgen.folder / "state/certs") == 0700);
    CHECK(test::mode_of(certgen.folder / "state/certs/httpbin.example.com.key") == 0600);
    CHECK(test::mode_of(certgen.folder / "state/certs/httpbin.example.com.crt") == 0644);
}

TEST_CASE("the fingerprint that certgen prints is the file's", "[cli]") {
    Certgen certgen;
    const std::string said = certgen.made();
    const auto seen =
        test::run_program({"openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
                           (certgen.folder / "state/certs/httpbin.example.com.crt").native()});
    const std::string digest = seen.out.substr(seen.out.find('=') + 1);
    CHECK(digest.size() == 96);
    CHECK_THAT(said, test::Contains(digest));
}

TEST_CASE("each name gets a pair, and every SAN is in each", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"A.example", "*.b.example", "::1"};
    certgen.options.sans = {"127.0.0.1", "a.example"};
    certgen.options.organization = "org, Inc.";
    CHECK_THAT(certgen.made(), test::StartsWith("Made 3 certificates in "));
    CHECK(certgen.facts("a.example").dns_names == std::vector<std::string>{"a.example"});
    CHECK(certgen.facts("a.example").subject == "CN=a.example, O=\"org, Inc.\"");
    CHECK(certgen.facts("*.b.example").dns_names ==
          std::vector<std::string>{"*.b.example", "a.example"});
    CHECK(certgen.facts("::1").ip_addresses == std::vector<std::string>{"::1", "127.0.0.1"});
}

TEST_CASE("a name of one's own has no organization unless one is given", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"httpbin.example.com"};
    certgen.made();
    CHECK(certgen.facts("httpbin.example.com").subject == "CN=httpbin.example.com");
}

TEST_CASE("every key type can be asked for", "[cli]") {
    Certgen certgen;
    const auto [word, text] = GENERATE(table<std::string, std::string>({
        {"rsa:2048", "RSA 2048"},
        {"rsa:3072", "RSA 3072"},
        {"ec:p256", "EC P-256"},
        {"ec:p384", "EC P-384"},
        {"ed25519", "Ed25519"},
    }));
    certgen.options.key = word;
    certgen.made();
    CHECK(certgen.facts("httpbin.example.com").key == text);
}

TEST_CASE("an expired certificate and one that is not valid yet can be made, and are said to be",
          "[cli]") {
    Certgen certgen;
    certgen.options.days = "5";
    certgen.options.not_before = "-10d";
    CHECK_THAT(certgen.made(),
               test::Contains("2026-11-12T12:00:00Z to 2026-11-17T12:00:00Z (5 days, expired)"));
    certgen.options.force = true;
    certgen.options.days = "1";
    certgen.options.not_before = "2027-01-01";
    CHECK_THAT(
        certgen.made(),
        test::Contains("2027-01-01T00:00:00Z to 2027-01-02T00:00:00Z (1 day, not valid yet)"));
}

TEST_CASE("the lab CA is made once and signs from then on", "[cli]") {
    Certgen certgen;
    certgen.options.authority = true;
    certgen.options.names = {"a.example"};
    CHECK_THAT(certgen.made(), test::StartsWith("Made 1 certificate and the lab CA in "));
    const CertFacts authority = certgen.facts("lab-ca");
    CHECK(authority.subject == "CN=sni-lab CA");
    CHECK(authority.authority);

    certgen.options.names = {"b.example"};
    certgen.options.days = "36500";
    const std::string said = certgen.made();
    CHECK_THAT(said, test::StartsWith("Made 1 certificate in "));
    CHECK_THAT(said, test::Contains("b.example   EC P-256, signed by CN=sni-lab CA\n"));
    CHECK_THAT(said,
               test::Contains("--cacert " + (certgen.folder / "state/certs/lab-ca.crt").native()));
    CHECK_THAT(said, test::Contains("Note: the lab CA ends on 2036-11-19T12:00:00Z, before "
                                    "b.example does\n"));
    CHECK(certgen.facts("lab-ca").sha256 == authority.sha256);
    const std::string folder = (certgen.folder / "state/certs/").native();
    const auto verified = test::run_program({"openssl", "verify", "-x509_strict", "-attime",
                                             "1795348900", "-CAfile", folder + "lab-ca.crt",
                                             folder + "a.example.crt", folder + "b.example.crt"});
    CAPTURE(verified.err);
    CHECK(verified.status == 0);
}

TEST_CASE("the flag --force does not replace the lab CA", "[cli]") {
    Certgen certgen;
    certgen.options.authority = true;
    certgen.made();
    const Digest before = certgen.facts("lab-ca").sha256;
    certgen.options.force = true;
    certgen.made();
    CHECK(certgen.facts("lab-ca").sha256 == before);
}

TEST_CASE("a client certificate says how to show it", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"alice"};
    certgen.options.client = true;
    const std::string said = certgen.made();
    CHECK_THAT(said, test::Contains("Show it: curl --cert "));
    CHECK_THAT(said, test::Contains("--client-cert required\n"));
    const auto text =
        test::run_program({"openssl", "x509", "-noout", "-ext", "extendedKeyUsage", "-in",
                           (certgen.folder / "state/certs/alice.crt").native()});
    CHECK_THAT(text.out, test::Contains("TLS Web Client Authentication\n"));
}

TEST_CASE("the flag --cn-only makes a certificate without SAN and says who refuses it", "[cli]") {
    Certgen certgen;
    certgen.options.cn_only = true;
    CHECK_THAT(certgen.made(), test::Contains("Note: a name that is in the CN alone is refused by "
                                              "browsers and by Go, and taken by curl\n"));
    const CertFacts facts = certgen.facts("httpbin.example.com");
    CHECK(facts.dns_names.empty());
    CHECK(facts.subject == "CN=httpbin.example.com, O=myorg");
}

TEST_CASE("a name too long for a CN is made without one and said so", "[cli]") {
    Certgen certgen;
    const std::string name = std::string(60, 'a') + ".example";
    certgen.options.names = {name};
    CHECK_THAT(certgen.made(),
               test::Contains("    subject      O=sni-lab: a CN holds at most 64 bytes\n"
                              "    names        " +
                              name + "\n"));
    certgen.options.names = {"b" + name};
    certgen.options.cn_only = true;
    CHECK(certgen.refused().code == code::kBadName);
}

TEST_CASE("a scenario's Secrets are made, one pair for each first name", "[cli]") {
    Certgen certgen;
    certgen.options.scenario = "many";
    certgen.options.secrets_of = [](const std::string& scenario) {
        CHECK(scenario == "many");
        return std::vector<SecretWish>{{"default", "one", {"a.example", "b.example"}},
                                       {"default", "two", {"c.example"}},
                                       {"other", "one", {"a.example", "d.example"}},
                                       {"other", "idle", {}}};
    };
    const std::string said = certgen.made();
    CHECK_THAT(said, test::StartsWith("Made 3 certificates in "));
    CHECK_THAT(said, test::Contains("Next: sni-lab up many --state "));
    CHECK(certgen.facts("a.example").dns_names ==
          std::vector<std::string>{"a.example", "b.example", "d.example"});
    CHECK(certgen.facts("c.example").dns_names == std::vector<std::string>{"c.example"});
    CHECK(certgen.facts("idle.other").dns_names == std::vector<std::string>{"idle.other"});
}

TEST_CASE("a scenario without Secrets, or with a name no certificate has, makes nothing", "[cli]") {
    Certgen certgen;
    certgen.options.scenario = "s";
    CHECK(certgen.refused().message == "scenario \"s\" needs no certificate");
    certgen.options.secrets_of = [](const std::string&) {
        return std::vector<SecretWish>{{"default", "one", {"a.example"}},
                                       {"default", "two", {"*"}}};
    };
    CHECK(certgen.refused().code == code::kBadName);
}

TEST_CASE("a folder outside the state gets the pair and another next command", "[cli]") {
    Certgen certgen;
    certgen.options.out = certgen.folder / "my certs";
    const std::string said = masked(certgen.made(), certgen.folder);
    CHECK_THAT(said, test::EndsWith("Next: sni-lab backend --listen 127.0.0.1:8443 --cert "
                                    "'TMP/my certs/httpbin.example.com.crt' --key "
                                    "'TMP/my certs/httpbin.example.com.key'\n"));
    CHECK_FALSE(fs::exists(certgen.folder / "state"));
}

TEST_CASE("the flag --json gives one versioned document", "[cli]") {
    Certgen certgen;
    certgen.options.json = true;
    certgen.options.authority = true;
    certgen.options.sans = {"127.0.0.1"};
    const auto document = nlohmann::json::parse(certgen.made());
    CHECK(document["schema"] == "sni-lab/certgen/1");
    CHECK(document["folder"] == (certgen.folder / "state/certs").native());
    CHECK(document["authority"]["made"] == true);
    CHECK(document["authority"]["purpose"] == "authority");
    REQUIRE(document["certificates"].size() == 1);
    const auto& one = document["certificates"][0];
    CHECK(one["name"] == "httpbin.example.com");
    CHECK(one["subject"] == "CN=httpbin.example.com, O=myorg");
    CHECK(one["ip_addresses"] == nlohmann::json{"127.0.0.1"});
    CHECK(one["not_after"] == "2027-11-22T12:00:00Z");
    CHECK(one["sha256"] == to_hex(certgen.facts("httpbin.example.com").sha256));
    CHECK(one["certificate"] == (certgen.folder / "state/certs/httpbin.example.com.crt").native());
    CHECK_FALSE(document.dump().contains("PRIVATE KEY"));
}

TEST_CASE("a folder whose name is no UTF-8 is written to, and JSON stays JSON", "[cli]") {
    Certgen certgen;
    certgen.options.out = certgen.folder / "caf\xe9\x1b[31m";
    CHECK_FALSE(certgen.made().contains('\x1b'));
    certgen.options.json = true;
    certgen.options.force = true;
    CHECK(nlohmann::json::accept(certgen.made()));
}

}  // namespace
}  // namespace sni::cli
