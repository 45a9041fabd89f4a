// Certificates that must fail: each is made anew, and gets from verify the verdict that it names.

#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "certs/store.h"
#include "lab/backend/backend.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_certgen_recipes_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

backend::Options serving(const json& made, const certs::Identity& identity) {
    const auto pair = certs::read_pair(
        {.cert = made["certificate"].get<std::string>(), .key = made["key"].get<std::string>()});
    return {.chain_pem = pair->chain_pem(),
            .key = pair->key,
            .ciphers = made["recipe"] == "weak-key" ? "DEFAULT@SECLEVEL=0" : "",
            .identity = identity};
}

}  // namespace

TEST_CASE("every recipe makes a certificate that gets the verdict it names", "[cli]") {
    const TempFolder folder;
    const Ran made = run({"certgen", "--recipe", "expired,not-yet-valid,wrong-name,weak-key,no-san",
                          "--state", folder.path().string(), "--json"});
    INFO(made.err);
    REQUIRE(made.status == 0);
    const certs::Identity identity = certs::Identity::make();
    certs::write_file(folder / "id.pub", identity.public_key().pem());
    const json list = json::parse(made.out)["certificates"];
    CHECK(list.size() == 5);
    for (const json& one : list) {
        CAPTURE(one["recipe"]);
        const backend::Backend backend(serving(one, identity));
        const Ran verified = run({"verify", "--gateway", to_string(backend.listening()), "--sni",
                                  "httpbin.example.com", "--identity", (folder / "id.pub").string(),
                                  "--state", (folder / "none").string(), "--json"});
        const json report = json::parse(verified.out);
        CHECK(report["verdict"] == one["verdict"]);
        CHECK(verified.status == (one["verdict"] == "proven" ? 0 : 5));
        std::string codes;
        for (const json& line : report["checks"][0]["lines"]) {
            codes += line["code"].get<std::string>();
            if (one["recipe"] == "no-san" && line["name"] == "name") {
                CHECK(line["text"].get<std::string>().find("browsers and Go do not") !=
                      std::string::npos);
            }
        }
        CHECK(codes == one["code"].get<std::string>());
    }
}

TEST_CASE("a weak key is not even served, unless the backend is told to", "[cli]") {
    const TempFolder folder;
    const Ran made =
        run({"certgen", "--recipe", "weak-key", "--out", folder.path().string(), "--json"});
    REQUIRE(made.status == 0);
    json one = json::parse(made.out)["certificates"][0];
    one["recipe"] = "served as any other";
    CHECK_THROWS_AS(backend::Backend(serving(one, certs::Identity::make())), Failure);
}

TEST_CASE("recipes are made anew each time, beside the good certificates and never over them",
          "[cli]") {
    const TempFolder folder;
    const auto make = [&](const std::string& recipes) {
        return run(
            {"certgen", "a.example.com", "--recipe", recipes, "--state", folder.path().string()});
    };
    const Ran first = make("expired,no-san");
    REQUIRE(first.status == 0);
    CHECK(first.out.starts_with("Made 2 certificates that must fail\n"));
    const std::filesystem::path file = folder / "recipes/expired/a.example.com.crt";
    const std::string before = slurp(file);
    CHECK(make("expired").status == 0);
    CHECK(slurp(file) != before);
    CHECK_FALSE(std::filesystem::exists(folder / "certs"));
    CHECK(mode_of((folder / "recipes/expired/a.example.com.key").string()) == 0600);

    const Ran wrong = make("no-san,expird");
    CHECK(wrong.status == 2);
    CHECK(wrong.err.find("did you mean --recipe expired?") != std::string::npos);
    CHECK(run({"certgen", "--recipe", "expired", "--days", "3"}).status == 2);
}

TEST_CASE("a recipe refuses what certgen refuses, and makes nothing then", "[cli]") {
    const TempFolder folder;
    const std::string long_name = std::string(60, 'a') + ".example.com";
    const auto refused = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "certgen");
        words.insert(words.end(), {"--out", (folder / "out").string()});
        const Ran ran = run(words);
        CHECK(ran.status == 2);
        CHECK_FALSE(std::filesystem::exists(folder / "out"));
        return ran.err;
    };
    CHECK(refused({long_name, "--recipe", "expired,no-san"}) ==
          "sni-lab: error: \"" + long_name +
              "\" does not fit into a CN [SL3002]\n"
              "why: it has 72 bytes and a CN at most 64 (X.520)\n"
              "hint: leave out --recipe no-san: a SAN has room for it\n");
    CHECK_THAT(refused({"--recipe", "expired", "--org", std::string(100, 'x')}),
               Contains("error: --org "));
    CHECK_THAT(refused({"a.example.com", "A.example.com", "--recipe", "expired"}),
               Contains("would be written twice"));
    CHECK_THAT(refused({"b\xc3\xbc"
                        "cher.example",
                        "--recipe", "expired"}),
               Contains("xn--bcher-kva.example"));
}

TEST_CASE("what a recipe says to type next runs as it stands there", "[cli]") {
    const TempFolder folder;
    const std::string own = (folder / "my certs").string();
    const Ran weak = run({"certgen", "a.example.com", "--recipe", "weak-key", "--out", own});
    REQUIRE(weak.status == 0);
    const std::string pair = own + "/weak-key/a.example.com";
    CHECK_THAT(weak.out,
               Contains("\nNext: sni-lab backend --listen 127.0.0.1:8443 --cert '" + pair +
                        ".crt' --key '" + pair + ".key' --ciphers DEFAULT@SECLEVEL=0\n"));
}

}  // namespace cli_certgen_recipes_test
