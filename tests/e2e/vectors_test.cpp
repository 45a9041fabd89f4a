// Somebody else's checker, written from lab/proof/FORMAT.md alone.
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/saved.h"
#include "tests/proof/witnessed.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/process.h"
#include "tests/support/saved_proof.h"
#include "tests/support/witnessed_service.h"

namespace e2e_vectors_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

Finished check_saved(const std::string& file, const std::string& verifier,
                     const std::string& identity) {
    return run_program({"python3", SNI_LAB_SOURCE_DIR "/tests/compat/check_proof.py", "--saved",
                        file, verifier, identity});
}

/// With every field that a saved proof can have.
proof::SavedProof whole_proof() {
    using namespace proof;
    SavedProbe probe{.name = "shop", .evidence = witnessed_evidence()};
    Evidence& e = probe.evidence;
    e.chain_pem = lab_certificate().chain_pem();
    e.address = e.gateway;
    e.trouble = Trouble{Stage::request, Break::alert, 112, "\xfe"};
    e.chain_error = "self-signed \xff";
    e.alt_svc = "h3";
    e.exporter_sha256 = Digest{};
    e.ja4 = "t13d";
    e.server_hello_sha256 = Digest{};
    e.envelope = "{}";
    e.asked_at = kNow;
    e.sessions = SessionLookup{2, true, "failed", "\x1b"};
    e.ticket = TicketSwap{"127.0.0.1:1", true, 3, 2, "\xff"};
    e.leaf.reset();
    e.proof.reset();
    probe.expectation = {.leaf_sha256 = Digest{}, .pin = Digest{}, .status = 418, .backend = "x"};
    SavedProbe bare{.name = "nothing", .evidence = {.gateway = loopback(1), .request = "/"}};
    probe.canaries = {{CanaryKind::client_certificate, "0123", bare.evidence}};
    return {.time = kNow,
            .version = "sni-lab test",
            .scenario = "passthrough",
            .lab = "gateway",
            .probes = {probe, bare}};
}

}  // namespace

TEST_CASE("a checker of somebody else's answers every vector alike", "[e2e][proof]") {
    if (!have("python3")) return;
    const std::string tests = SNI_LAB_SOURCE_DIR "/tests/";
    const Finished run = run_program(
        {"python3", tests + "compat/check_proof.py", tests + "data/proof/vectors.json"});
    INFO(run.err);
    REQUIRE(run.status == 0);
    std::ifstream file(tests + "data/proof/vectors.json");
    std::ostringstream expected;
    for (const json& vector : json::parse(file)) {
        expected << vector["name"].get<std::string>() << ": "
                 << vector["verdict"].get<std::string>() << "\n";
    }
    CHECK(run.out == expected.str());
}

TEST_CASE("a checker of somebody else's reads every field of a saved proof, and no other",
          "[e2e][proof]") {
    if (!have("python3")) return;
    const TempFolder folder;
    const auto verifier = certs::Identity::make();
    const std::string key = (folder / "key.pub").string();
    spill(key, verifier.public_key().pem());
    const auto checked = [&](const std::string& document) {
        const std::string file = (folder / "proof.json").string();
        spill(file, proof::encode_saved_file(
                        {document, verifier.sign(as_bytes(proof::saved_bytes(document)))}));
        return check_saved(file, key, key);
    };
    const std::string whole = encode(whole_proof());
    const Finished ran = checked(whole);
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.out == "shop: inconclusive\nnothing: inconclusive\n");
    CHECK(proof::decode_saved(whole).has_value());
    for (const char* at : {"/probes/0/evidence/trouble", "/probes/0/canaries/0", "/probes/0",
                           "/probes/0/evidence/streams/sent"}) {
        CAPTURE(at);
        json more = json::parse(whole);
        more[json::json_pointer(at)]["more"] = 1;
        CHECK(checked(more.dump()).err.starts_with("refused: other fields than "));
    }
    std::string altered = whole;
    altered[altered.find("418")] = '5';
    spill(folder / "proof.json", proof::encode_saved_file({altered, {}}));
    CHECK(check_saved((folder / "proof.json").string(), key, key).err ==
          "the verifier did not sign it\n");
}

TEST_CASE("a saved proof is judged alike by a checker of somebody else's", "[e2e][proof]") {
    if (!have("python3")) return;
    const test::SavedProof own({"--canary", "--samples", "2"});
    REQUIRE(own.verified.status == 0);
    const Finished proven = check_saved(own.file, own.verifier, own.identity);
    INFO(proven.err);
    const std::string once = "the tutorial's request ends in the pod: proven\n";
    CHECK(proven.out.starts_with(once + once));

    const backend::Backend service(backend_options());
    const WitnessedService site(service.listening());
    const gateways::CheatingGateway anew({.backend = site.witness.address(),
                                          .chain_pem = lab_certificate().chain_pem(),
                                          .key = lab_certificate().key});
    const std::string file = (site.folder / "proof.json").string();
    for (const Endpoint& through : {site.witness.address(), anew.listening()}) {
        const auto ran = site.verify(to_string(through), {"--save", file});
        const Finished checked =
            check_saved(file, (site.folder / "state" / "verifier.key.pub").string(),
                        (site.folder / "id.pub").string());
        INFO(checked.err);
        CHECK(checked.out == "httpbin.example.com: " + ran.verdict() + "\n");
    }
}

}  // namespace e2e_vectors_test
