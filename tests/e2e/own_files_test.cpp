// Files that a user has: certificates that certgen made, and folders named as a scenario is.
#include <filesystem>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_own_files_test {

using namespace sni::test;

TEST_CASE("a client that certgen made is let in where the lab wants one of its CA", "[e2e]") {
    const LabFolder lab;
    if (!installed("curl")) {
        WARN("not run: curl is not installed");
        return;
    }
    const auto asks = [&] {
        const std::string port = free_port();
        REQUIRE(lab.run({"up", "mtls-end-to-end", "--detach", "--listen", "127.0.0.1:" + port})
                    .status == 0);
        const std::string at = "passed.example.com:" + port;
        const Finished asked =
            lab.run_other({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cert",
                           ".sni-lab/certs/alice.crt", "--key", ".sni-lab/certs/alice.key",
                           "--cacert", ".sni-lab/certs/passed.example.com.crt", "--resolve",
                           at + ":127.0.0.1", "https://" + at + "/status/418"});
        CHECK(lab.run({"down"}).status == 0);
        return asked.out;
    };
    SECTION("before the lab") {
        REQUIRE(lab.run({"certgen", "--ca", "--client", "alice"}).status == 0);
        CHECK(asks() == "418");
    }
    SECTION("with the CA that an earlier run of the lab made") {
        REQUIRE(
            lab.run({"up", "mtls-end-to-end", "--once", "--listen", "127.0.0.1:0", "--", "true"})
                .status == 0);
        REQUIRE(lab.run({"certgen", "--ca", "--client", "alice"}).status == 0);
        CHECK(asks() == "418");
    }
}

TEST_CASE("what up prints to try runs as it is where a backend wants certificates, or a CA signed",
          "[e2e]") {
    const LabFolder lab;
    const auto tries = [&](const std::string& scenario) {
        const Finished up =
            lab.run({"up", scenario, "--detach", "--state", "s t", "--listen", "127.0.0.1:0"});
        INFO(up.out << up.err);
        REQUIRE(up.status == 0);
        CHECK(up.out.contains("wants a client certificate") == (scenario == "mtls-end-to-end"));
        std::string script = "set -e\n";
        std::istringstream lines(up.out.substr(up.out.find("Try it\n")));
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("  curl ")) script += line + " -sS -o /dev/null\n";
            if (!line.starts_with("  sni-lab ")) continue;
            const std::size_t end = line.find("   ", 2);  // what it is for
            script += SNI_LAB_BINARY + line.substr(9, end - 9) + "\n";
        }
        CHECK(script.contains("--insecure") == false);
        CAPTURE(script);
        const Finished ran = lab.run_other({"bash", "-c", script});
        CAPTURE(ran.out, ran.err);
        CHECK(ran.status == 0);
        CHECK(ran.out.contains("Stopped scenario " + scenario));
    };
    if (!installed("curl")) {
        WARN("not run: curl is not installed");
        return;
    }
    tries("mtls-end-to-end");
    tries("which-cacert");
}

TEST_CASE("a folder that has the name of a scenario is not mistaken for it", "[e2e]") {
    const LabFolder lab;
    std::filesystem::create_directory(lab / "wildcard");
    spill(lab / "wildcard/a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n");
    const Finished refused = lab.run({"analyze", "wildcard"});
    CHECK(refused.status == 2);
    CHECK(refused.err.find("hint: write ./wildcard for what is here") != std::string::npos);
    CHECK(lab.run({"analyze", "./wildcard"}).status == 0);
    const Finished warned = lab.run({"scenario", "run", "wildcard"});
    CHECK(warned.status == 0);
    CHECK(lab.run({"scenario", "new", "passthrough"}).status == 2);
}

}  // namespace e2e_own_files_test
