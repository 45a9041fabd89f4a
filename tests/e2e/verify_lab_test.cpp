// verify beside a lab, of its own or one that runs: whom it asks, and what counts as proof.
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_verify_lab_test {

using namespace sni::test;
using nlohmann::json;

TEST_CASE("a gateway that drops the statement is convicted by the lab's own list of sessions",
          "[e2e]") {
    const LabFolder lab;
    std::filesystem::create_directory(lab / "forger");
    const std::filesystem::path source(SNI_LAB_SOURCE_DIR "/scenarios/negative-forger");
    std::filesystem::copy_file(source / "manifests.yaml", lab / "forger/manifests.yaml");
    const std::string with_forgery = slurp(source / "lab.yaml");
    const std::size_t at = with_forgery.find("rewrite");
    REQUIRE(at != std::string::npos);
    spill(lab / "forger/lab.yaml", std::string(with_forgery).replace(at, 7, "drop"));
    std::vector<std::string> up = {"up", "forger", "--detach"};
    for (const std::string port : {"443", "8443", "9443"}) {
        up.insert(up.end(), {"--listen", port + "=127.0.0.1:0"});
    }
    const std::vector<std::string> verify = {"verify", "--sni", "httpbin.example.com"};

    REQUIRE(lab.run(up).status == 0);
    const Finished unknown = lab.run(verify);
    INFO(unknown.out);
    CHECK(unknown.status == 3);  // dropped, or never there
    CHECK(lab.run({"down"}).status == 0);

    std::vector<std::string> listed = up;
    listed.insert(listed.end(), {"--admin", "127.0.0.1:0"});
    REQUIRE(lab.run(listed).status == 0);
    const Finished convicted = lab.run(verify);
    INFO(convicted.out);
    CHECK(convicted.status == 1);
    CHECK(convicted.out.find("TERMINATED") != std::string::npos);
}

TEST_CASE("verify starts a lab of its own only when none is on record, and says so first",
          "[e2e]") {
    const LabFolder lab;
    const auto before = picture_of(lab.path());
    const Finished own = lab.run({"verify"});
    CHECK(own.status == 0);
    CHECK(own.out.starts_with(
        "No lab on record: looking at one started for this check, scenario passthrough\n"));
    CHECK(picture_of(lab.path()) == before);
    CHECK(json::parse(lab.run({"verify", "--json"}).out)["lab"] == "own");

    const Finished forbidden = lab.run({"verify", "--running", "--json"});
    CHECK(forbidden.status == 4);
    CHECK(json::parse(forbidden.out)["lab"] == "running");
}

TEST_CASE("verify counts nothing as proof but a proof", "[e2e]") {
    const LabFolder lab;
    CHECK(lab.run({"verify", "--backend", "nobody"}).status == 4);
    CHECK(lab.run({"verify", "--sni", "HTTPBIN.example.com"}).status == 0);
    CHECK(lab.run({"verify", "--sni", "other.example.com"}).status == 4);
    CHECK(lab.run({"verify", "--request", "/status/503", "--expect-status", "418"}).status == 1);
    CHECK(lab.run({"verify", "--request", "/status/503"}).out.find("not judged") !=
          std::string::npos);

    // A scenario that only says what must not get through proves nothing.
    const std::string manifests =
        slurp(std::string(SNI_LAB_SOURCE_DIR) + "/scenarios/passthrough/manifests.yaml");
    std::filesystem::create_directory(lab / "refusals");
    spill(lab / "refusals/manifests.yaml", manifests);
    spill(lab / "refusals/checks.yaml",
          "teaches: nothing\nchecks:\n- name: unknown\n  sni: other.example.com\n  expect: "
          "{verdict: not-routed}\n");
    const Finished refusals = lab.run({"verify", "refusals", "--junit", "r.xml"});
    CHECK(refusals.status == 3);
    CHECK(refusals.out.find("nothing was shown") != std::string::npos);
    CHECK(slurp(lab / "r.xml").find("errors=\"1\"") != std::string::npos);

    // A name that must be refused, and is let in.
    spill(lab / "refusals/checks.yaml",
          "teaches: nothing\nchecks:\n- name: known\n  sni: httpbin.example.com\n  expect: "
          "{verdict: not-routed}\n");
    CHECK(lab.run({"verify", "refusals"}).status == 1);
}

TEST_CASE("every route at every Gateway port is asked when a scenario has no checks", "[e2e]") {
    const LabFolder lab;
    std::string manifests =
        slurp(std::string(SNI_LAB_SOURCE_DIR) + "/scenarios/passthrough/manifests.yaml");
    for (std::size_t at = 0; (at = manifests.find("httpbin.example.com", at)) != std::string::npos;
         at += 15) {
        manifests.replace(at, 19, "'*.example.com'");
    }
    spill(lab / "wild.yaml", manifests);
    const Finished wild = lab.run({"verify", "wild.yaml", "--json"});
    INFO(wild.err);
    REQUIRE(wild.status == 0);
    CHECK(json::parse(wild.out)["checks"][0]["sni"] == "sni-lab-probe.example.com");

    REQUIRE(lab.run({"up", "--detach", "--listen", "127.0.0.1:0", "./wild.yaml"}).status == 0);
    CHECK(lab.run({"verify", "wild.yaml", "--running"}).status == 0);

    // What is not read may not be asked about.
    CHECK(lab.run({"verify", "wild.yaml", "--running", "--istio", "1.28"}).status == 0);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"verify", "--istio", "1.28"},
          {"verify", "--running", "--only-gateway", "a/b"},
          {"verify", "-R"},
          {"verify", "--namespace", "a"},
          {"verify", "--gateway-labels", "a=b"},
          {"verify", "--gateway-namespace", "a"},
          {"verify", "--class", "a"},
          {"verify", "--gateway", "127.0.0.1:1", "--sni", "a", "--gateway-api", "1.5"}}) {
        CAPTURE(words);
        const Finished refused = lab.run(words);
        CHECK(refused.status == 2);
        CHECK(refused.err.find("is about manifests, and none are read") != std::string::npos);
    }
}

TEST_CASE("without a lab verify --running says that nobody was asked", "[e2e]") {
    const LabFolder lab;
    const Finished none = lab.run({"verify", "--running"});
    CHECK(none.status == 4);
    CHECK(
        none.out.starts_with("Looking for a running lab\n\nNobody was asked: the lab on record\n"));
}

TEST_CASE("an answer that cannot be written is exit 7, and an old JUnit file never survives",
          "[e2e]") {
    const LabFolder lab;
    const std::string program = SNI_LAB_BINARY;
    CHECK(lab.run_other({"sh", "-c", program + " verify > /dev/full"}).status == 7);
    spill(lab / "old.xml", "green");
    CHECK(lab.run({"verify", "no-such-scenario", "--junit", "old.xml"}).status == 2);
    CHECK_FALSE(std::filesystem::exists(lab / "old.xml"));
}

}  // namespace e2e_verify_lab_test
