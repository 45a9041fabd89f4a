#include <random>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "lab/net/descriptor.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/saved_proof.h"
#include "tests/support/temp_folder.h"

namespace cli_proof_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

struct Saved : test::SavedProof {
    Saved() : test::SavedProof({"--samples", "2"}) {}
};

}  // namespace

TEST_CASE("a saved proof is judged again from its bytes, and says when it was made", "[cli]") {
    const Saved saved;
    INFO(saved.verified.err);
    REQUIRE(saved.verified.status == 0);
    CAPTURE(saved.identity, saved.verifier);
    CHECK(saved.verified.err.find("sni-lab proof check " + saved.file + " --identity " +
                                  saved.identity + " --verifier " + saved.verifier + "\n") !=
          std::string::npos);
    CHECK(slurp(saved.file).find("PRIVATE") == std::string::npos);
    CHECK(mode_of(saved.state + "/verifier.key") == 0600);

    const Ran again = saved.check_attested();
    INFO(again.out << again.err);
    CHECK(again.status == 0);
    CHECK(again.out.starts_with("Looking at a proof that was saved at "));
    CHECK(again.out.find("2 of 2 connections proven") != std::string::npos);
    CHECK(again.out.find("signed as a whole by the verifier") != std::string::npos);
    CHECK(json::parse(saved.check({"--verifier", saved.verifier, "--json"}).out)["lab"] == "saved");
}

TEST_CASE("a file that is no proof is refused with a sentence", "[cli]") {
    const test::TempFolder folder;
    const std::string file = (folder / "x.json").string();
    test::spill(file, "{");
    const Ran ran = run({"proof", "check", file, "--identity", file});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains("is no saved proof [SL") && Contains("why: it is no JSON\n"));
}

TEST_CASE("a saved proof may come by standard input", "[cli]") {
    const Saved saved;
    REQUIRE(saved.verified.status == 0);
    const net::Descriptor own(::dup(STDIN_FILENO));
    const net::Descriptor file(::open(saved.file.c_str(), O_RDONLY | O_CLOEXEC));
    ::dup2(file.fd(), STDIN_FILENO);
    const Ran ran =
        run({"proof", "check", "-", "--identity", saved.identity, "--verifier", saved.verifier});
    ::dup2(own.fd(), STDIN_FILENO);
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
}

TEST_CASE("a state folder that is a loop of links has no proof", "[cli]") {
    const TempFolder folder;
    std::filesystem::create_symlink("loop", folder / "loop");
    const Ran ran = run({"proof", "check", "--state", (folder / "loop").string()});
    CHECK(ran.status == 2);
    CHECK(ran.err.find("there is no proof in") != std::string::npos);
}

TEST_CASE("without the verifier's key a saved proof is unattested, with another's it is altered",
          "[cli]") {
    const Saved saved;
    REQUIRE(saved.verified.status == 0);
    const Ran unattested = saved.check();
    CHECK(unattested.status == 3);
    CHECK(unattested.out.find("[SL2319]") != std::string::npos);
    // The backend's identity is not the verifier's.
    const Ran other = saved.check({"--verifier", saved.identity});
    CHECK(other.status == 1);
    CHECK(other.out.find("[SL2320]") != std::string::npos);
    // And a verifier's is not the backend's.
    CHECK(run({"proof", "check", saved.file, "--identity", saved.verifier, "--verifier",
               saved.verifier})
              .status == 1);
    CHECK(saved.check({"--verifier", saved.state + "/verifier.key"}).status == 2);
}

TEST_CASE("each of a hundred random alterations of a saved proof is found", "[cli]") {
    const Saved saved;
    REQUIRE(saved.verified.status == 0);
    const std::string whole = slurp(saved.file);
    std::mt19937 random(5);  // NOLINT: the same alterations in every run
    for (int i = 0; i < 100; ++i) {
        std::string altered = whole;
        const std::size_t at = random() % altered.size();
        switch (i % 4) {
            case 0:
                altered.erase(at, 1);
                break;
            case 1:
                altered.insert(at, 1, static_cast<char>(random() % 256));
                break;
            case 2:
                altered.resize(at);
                break;
            default:
                altered[at] = static_cast<char>(altered[at] ^ (1 << (random() % 8)));
        }
        CAPTURE(i, at);
        spill(saved.file, altered);
        const int status = saved.check_attested().status;
        CHECK((status == 1 || status == 2));
    }
    spill(saved.file, whole);
    CHECK(saved.check_attested().status == 0);
}

TEST_CASE("the client's half of another run is found, even with both runs genuine", "[cli]") {
    const Saved one;
    const Saved other;
    const json first = json::parse(slurp(one.file));
    json mixed = json::parse(slurp(other.file));
    mixed["document"] = first["document"];
    spill(other.file, mixed.dump() + "\n");
    CHECK(other.check_attested().status == 1);
    CHECK(run({"proof", "check", (other.folder / "nothing.json").string()}).status == 2);
}

TEST_CASE("a proof that an older version saved is judged as it was", "[cli]") {
    const std::string before = SNI_LAB_SOURCE_DIR "/tests/data/proof/before/";
    const Ran again = run({"proof", "check", before + "proof.json", "--identity",
                           before + "identity.key.pub", "--verifier", before + "verifier.key.pub"});
    INFO(again.out << again.err);
    CHECK(again.status == 0);
    CHECK(again.out.find("PASSTHROUGH PROVEN") != std::string::npos);
}

}  // namespace cli_proof_test
