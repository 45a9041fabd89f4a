// What is said about a lab, from its record.
#include "cli/lab_text.h"

#include "certs/inspect.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/temp_folder.h"

namespace cli_lab_text_test {

using namespace sni;

TEST_CASE("a file that no longer holds what the lab serves is not to be trusted", "[cli]") {
    const test::TempFolder folder;
    const std::string file = (folder / "a.crt").string();
    const certs::CertBundle served = certs::issue(test::request_for({"a.example"}));
    const certs::CertBundle other = certs::issue(test::request_for({"a.example"}));
    cli::LabRecord record;
    record.gates.push_back({443, {.host = "127.0.0.1", .port = 8443}});
    record.backends.push_back({.name = "a",
                               .endpoint = {},
                               .names = {"a.example"},
                               .cert_file = file,
                               .leaf_sha256 = certs::inspect(served.cert_pem)->front().sha256});

    test::spill(file, served.cert_pem + other.cert_pem);
    CHECK(cli::cert_file_for(record, "a.example") == file);
    test::spill(file, other.cert_pem);
    CHECK(cli::cert_file_for(record, "a.example").empty());
    CHECK_THAT(cli::curl_line(record, "a.example", "/"), test::StartsWith("curl --insecure "));
    std::filesystem::remove(file);
    CHECK(cli::cert_file_for(record, "a.example").empty());
}

TEST_CASE("a certificate that the lab's CA signed is trusted by the CA", "[cli]") {
    const test::TempFolder folder;
    const std::string file = (folder / "lab-ca.crt").string();
    const certs::CertBundle authority = test::lab_authority();
    const certs::CertBundle served = certs::issue(test::request_for({"a.example"}), &authority);
    cli::LabRecord record;
    record.gates.push_back({443, {.kind = Endpoint::Kind::ipv6, .host = "::1", .port = 8443}});
    record.backends.push_back({.name = "a",
                               .endpoint = {},
                               .names = {"a.example"},
                               .cert_file = file,
                               .leaf_sha256 = certs::inspect(served.cert_pem)->front().sha256});
    test::spill(file, authority.cert_pem);
    CHECK(cli::cert_file_for(record, "a.example") == file);
    // A shell would take the brackets for a pattern.
    CHECK_THAT(cli::curl_line(record, "a.example", "/"),
               test::StartsWith("curl --cacert " + file +
                                " --resolve 'a.example:8443:[::1]' https://a.example:8443/"));
}

}  // namespace cli_lab_text_test
