// What proof check is told to expect: an old proof, or one of another name, is no green answer.
#include <filesystem>

#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/identity.h"
#include "lab/proof/saved.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/saved_proof.h"
#include "tests/support/temp_folder.h"

namespace cli_proof_expect_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

struct Saved : test::SavedProof {
    Saved() : Saved(std::vector<std::string>{"--sni", "httpbin.example.com"}) {}
    explicit Saved(std::vector<std::string> flags) : test::SavedProof(std::move(flags)) {}

    Ran check(std::vector<std::string> more) const { return check_attested(std::move(more)); }
    json checked(std::vector<std::string> more = {}) const {
        more.push_back("--json");
        return json::parse(check(more).out);
    }
    /// The file with its document changed by `change`, signed again by the verifier itself.
    template <class Change>
    void rewrite(Change change) const {
        const auto envelope = proof::decode_saved_file(slurp(file)).value();
        json document = json::parse(envelope.document);
        change(document);
        const std::string text = document.dump();
        const auto key = certs::Identity::load_or_make(state + "/verifier.key");
        spill(file, proof::encode_saved_file({text, key.sign(as_bytes(proof::saved_bytes(text)))}));
    }
};

}  // namespace

TEST_CASE("proof check tells how old a proof is and what it was made of", "[cli]") {
    const Saved saved;
    INFO(saved.verified.err);
    REQUIRE(saved.verified.status == 0);
    CHECK(saved.checked()["saved_lab"] == "own");
    CHECK(saved.checked()["age_s"].get<int>() < 600);
    CHECK_THAT(saved.check({}).out, Contains("ago, of a lab that verify started for itself"));
    CHECK(saved.check({"-q"}).out == "httpbin.example.com: PASSTHROUGH PROVEN\n");
    CHECK(saved.check({"--max-age", "1h"}).status == 0);

    const std::int64_t now = wall_clock().time_since_epoch().count();
    const auto made_at = [&](std::int64_t time) {
        saved.rewrite([&](json& document) { document["time"] = time; });
    };
    made_at(now - 3 * 86400 - 60);
    CHECK_THAT(saved.check({}).out, Contains("3 days ago"));
    CHECK(saved.check({"--max-age", "80h"}).status != 3);
    const Ran old = saved.check({"--max-age", "2h"});
    CHECK(old.status >= 3);
    CHECK_THAT(old.out, Contains("3 days old; at most 2h was asked for [SL2339]"));
    made_at(now + 3600);
    CHECK_THAT(saved.check({"--max-age", "2h"}).out, Contains("ahead of this clock"));
    // Before what was made of it was kept.
    saved.rewrite([&](json& document) {
        document["time"] = now;
        document.erase("lab");
    });
    CHECK(saved.check({}).status == 0);
    CHECK(saved.checked()["saved_lab"].is_null());
}

TEST_CASE("proof check is told which name, gateway, backend and certificate to expect", "[cli]") {
    const Saved saved;
    REQUIRE(saved.verified.status == 0);
    const json one = saved.checked()["checks"][0];
    const std::string gateway = one["gateway"];
    const std::string pin = one["certificate"]["spki_sha256"];
    const std::string backend = one["backend"]["name"];
    CHECK(saved
              .check({"--sni", "HTTPBIN.example.com", "--gateway", gateway, "--backend", backend,
                      "--pin", pin})
              .status == 0);
    for (const std::vector<std::string>& other :
         {std::vector<std::string>{"--sni", "other.example.com"},
          std::vector<std::string>{"--gateway", "127.0.0.1:1"},
          std::vector<std::string>{"--sni", "httpbin.example.com", "--gateway",
                                   "gw.example.com"}}) {
        const Ran ran = saved.check(other);
        CHECK(ran.status == 3);
        CHECK_THAT(ran.out, Contains("[SL2340]"));
    }
    CHECK(saved.check({"--backend", "other"}).status == 4);
    CHECK(saved.check({"--pin", std::string(64, 'a')}).status == 5);
    CHECK(saved.check({"--pin", "abc"}).status == 2);
    CHECK(saved.check({"--gateway", ":"}).status == 2);
    CHECK(saved.check({"--max-age", "soon"}).status == 2);
}

namespace {

/// The passthrough scenario with these checks beside its own first one.
std::string scenario_with(const TempFolder& folder, const std::string& checks) {
    const std::string own = SNI_LAB_SOURCE_DIR "/scenarios/passthrough/manifests.yaml";
    const auto place = folder / "scenario";
    std::filesystem::create_directories(place);
    std::filesystem::copy_file(own, place / "manifests.yaml");
    spill(
        place / "checks.yaml",
        "teaches: a test\nchecks:\n- name: a\n  sni: httpbin.example.com\n  expect: {status: 418, "
        "verdict: proven}\n" +
            checks);
    return place.string();
}

}  // namespace

TEST_CASE("proof check says what verify said, whatever the scenario expects", "[cli]") {
    struct Row {
        std::string checks;
        int status;
    };
    const std::string refused = "- name: b\n  sni: other.example.com\n  expect: ";
    const Row rows[] = {
        {refused + "{verdict: not-routed}\n", 0},
        {refused + "{verdict: not-routed, code: SL2103, says: unrecognized_name}\n", 0},
        {refused + "{verdict: not-routed, says: certificate_required}\n", 4},
        {refused + "{verdict: not-routed, passes: [tls]}\n", 4},
        {refused + "{verdict: proven}\n", 4},
        {"- name: b\n  sni: httpbin.example.com\n  expect: {verdict: proven, fails: [hello]}\n", 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.checks);
        const TempFolder folder;
        const test::SavedProof saved({scenario_with(folder, row.checks)});
        INFO(saved.verified.out << saved.verified.err);
        CHECK(saved.verified.status == row.status);
        const Ran again = saved.check_attested();
        INFO(again.out << again.err);
        CHECK(again.status == row.status);
    }
    // Of the catalogue two that verify calls inconclusive, since no check of theirs is a proof.
    for (const char* name : {"backend-down", "mtls-end-to-end"}) {
        CAPTURE(name);
        const test::SavedProof saved({name});
        INFO(saved.verified.out << saved.verified.err);
        CHECK(saved.check_attested().status == saved.verified.status);
    }
}

TEST_CASE("a refusal counts no more than what is known of its file", "[cli]") {
    const TempFolder folder;
    const std::string checks =
        "- name: b\n  sni: other.example.com\n  expect: {verdict: not-routed}\n";
    const Saved saved(std::vector<std::string>{scenario_with(folder, checks)});
    const auto refused = [](const Ran& ran) {
        const json checked = json::parse(ran.out)["checks"];
        REQUIRE(checked.size() == 2);
        return checked[1];
    };
    REQUIRE(saved.check({}).status == 0);
    CHECK(refused(saved.test::SavedProof::check({"--json"}))["verdict"] == "inconclusive");
    // An earlier version kept the verdict alone.
    saved.rewrite([](json& document) {
        for (json& probe : document["probes"])
            probe["expected"].erase("lines");
    });
    const json before = refused(saved.check({"--json"}));
    CHECK(saved.check({}).status == 3);
    CHECK(before["verdict"] == "inconclusive");
    CHECK_THAT(before.dump(), Contains("SL2360"));
}

TEST_CASE("a time that no date can be is bad input", "[cli]") {
    const Saved saved;
    REQUIRE(saved.verified.status == 0);
    const std::int64_t time =
        GENERATE(std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(),
                 std::int64_t{253'402'300'800}, std::int64_t{-62'135'596'801});
    CAPTURE(time);
    SECTION("of the proof") {
        saved.rewrite([&](json& document) { document["time"] = time; });
        CHECK(saved.check({}).status == 2);
        CHECK(saved.check({"--json"}).status == 2);
    }
    SECTION("of a probe") {
        saved.rewrite(
            [&](json& document) { document["probes"][0]["evidence"]["asked_at"] = time; });
        CHECK(saved.check({}).status == 2);
    }
    SECTION("that a probe took") {
        saved.rewrite([&](json& document) {
            document["probes"][0]["evidence"]["took_ms"] = time > 0 ? time : time / 2;
        });
        CHECK(saved.check({}).status == (std::abs(time / 2) > 500'000'000'000 ? 2 : 0));
    }
}

}  // namespace cli_proof_expect_test
