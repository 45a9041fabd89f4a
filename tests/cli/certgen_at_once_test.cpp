// Several certgen in one folder, and many names in one certgen.
#include <future>

#include "lab/core/cert_facts.h"
#include "tests/cli/certgen_fixture.h"
#include "tests/support/process.h"

namespace sni::cli {

TEST_CASE("of several certgen --ca at once one makes the CA, and it has signed all leaves",
          "[cli]") {
    const bool force = GENERATE(false, true);
    Certgen certgen;
    certgen.options.authority = true;
    certgen.options.force = force;
    std::vector<std::future<Exit>> runs;
    for (int i = 0; i < 6; ++i) {
        runs.push_back(std::async(std::launch::async, [options = certgen.options, i]() mutable {
            options.names = {"h" + std::to_string(i) + ".example.com"};
            std::ostringstream out;
            std::ostringstream err;
            return run_certgen(options, Streams{out, err});
        }));
    }
    for (auto& run : runs) {
        CHECK(run.get() == Exit::yes);
    }
    const std::string folder = (certgen.folder / "state/certs/").native();
    for (int i = 0; i < 6; ++i) {
        const std::string leaf = folder + "h" + std::to_string(i) + ".example.com.crt";
        CHECK(test::run_program({"openssl", "verify", "-attime", "1795348800", "-CAfile",
                                 folder + "lab-ca.crt", leaf})
                  .status == 0);
    }
}

TEST_CASE("certgen --one makes one certificate for all the names", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"a.example.com", "b.example.com", "10.0.0.1", "b.example.com"};
    certgen.options.one = true;
    CHECK(certgen.made().starts_with("Made 1 certificate in "));
    const CertFacts facts = certgen.facts("a.example.com");
    CHECK(facts.dns_names == std::vector<std::string>{"a.example.com", "b.example.com"});
    CHECK(facts.ip_addresses == std::vector<std::string>{"10.0.0.1"});
}

TEST_CASE("certificates begin an hour ago, for clocks that are behind", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"a.example.com"};
    certgen.options.authority = true;
    certgen.made();
    for (const char* const name : {"a.example.com", "lab-ca"}) {
        CHECK(to_string(certgen.facts(name).not_before) == "2026-11-22T11:00:00Z");
    }
    CHECK(to_string(certgen.facts("a.example.com").not_after) == "2027-11-22T12:00:00Z");
}

TEST_CASE("certgen notes who will refuse what it made", "[cli]") {
    Certgen certgen;
    certgen.options.names = {"*.test"};
    CHECK(certgen.made().find("Note: *.test covers nothing for curl, Python and sni-lab: they want "
                              "two labels behind the star\n") != std::string::npos);
    certgen.options.names = {"a.example.com"};
    certgen.options.days = "825";
    CHECK(certgen.made().find("Note:") == std::string::npos);
    certgen.options.force = true;
    certgen.options.days = "826";
    CHECK(certgen.made().find("Note: a.example.com: Apple's systems refuse more than 825 days\n") !=
          std::string::npos);
    certgen.options.days = "30";
    certgen.options.key = "ed25519";
    CHECK(certgen.made().find("Note: a.example.com: browsers take no Ed25519 key") !=
          std::string::npos);
}

}  // namespace sni::cli
