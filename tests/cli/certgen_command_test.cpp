// certgen as it is typed.
#include "certs/inspect.h"
#include "certs/store.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_certgen_command_test {

using namespace sni;
using test::Ran;
using test::run;

TEST_CASE("certgen as it is typed", "[cli]") {
    const test::TempFolder folder;
    const std::string state = (folder / "state").native();
    const Ran made = run({"certgen", "a.example", "--san", "10.0.0.1", "b.example", "--san",
                          "x.example", "--key", "ed25519", "--not-before", "-1d", "--days", "2",
                          "--org", "myorg", "--state", state});
    CHECK(made.err.empty());
    CHECK(made.status == 0);
    const auto pair = certs::read_pair(certs::pair_paths(state + "/certs", "b.example"));
    REQUIRE(pair.has_value());
    const CertFacts facts = certs::inspect(pair->cert_pem)->front();
    CHECK(facts.dns_names == std::vector<std::string>{"b.example", "x.example"});
    CHECK(facts.ip_addresses == std::vector<std::string>{"10.0.0.1"});
    CHECK(facts.not_after - facts.not_before == std::chrono::days(2));

    const Ran again = run({"certgen", "a.example", "--state", state});
    CHECK(again.status == 2);
    CHECK(again.out.empty());
    CHECK(again.err ==
          state +
              "/certs/a.example.key: error: this is there already [SL3003]\n"
              "why: a key or certificate is never overwritten unasked\n"
              "hint: use it as it is (sni-lab up does), replace it with --force, or write "
              "elsewhere with --out DIR\n");
}

TEST_CASE("typing errors in certgen are answered with the nearest right word", "[cli]") {
    CHECK(run({"certgen", "--key", "ec:p265"}).err ==
          "sni-lab: error: --key \"ec:p265\" is none of rsa:2048, rsa:3072, rsa:4096, ec:p256, "
          "ec:p384, ed25519 [SL1001]\nhint: did you mean --key ec:p256?\n");
    const Ran flag = run({"certgen", "--forse"});
    CHECK(flag.status == 2);
    CHECK(flag.err ==
          "sni-lab: error: there is no flag --forse for sni-lab certgen [SL1001]\n"
          "hint: did you mean --force?\n");
    CHECK(run({"certgen", "--days"}).status == 2);
}

TEST_CASE("certgen --help shows a whole example line", "[cli]") {
    const Ran help = run({"certgen", "--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.out, test::Contains("Example: sni-lab certgen httpbin.example.com "));
}

}  // namespace cli_certgen_command_test
