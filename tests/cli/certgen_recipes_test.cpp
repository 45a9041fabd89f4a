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

}  // namespace cli_certgen_recipes_test
