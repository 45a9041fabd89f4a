// What another checker must answer alike, too.
#include "tests/client/vectors.h"

#include <cstdlib>
#include <fstream>
#include <set>

#include "certs/identity.h"
#include "lab/client/observe.h"
#include "lab/client/witness.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/witness_fields.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace client_vectors_test {

using namespace sni;
using namespace sni::proof;
using nlohmann::json;

namespace {

const std::string kFile = SNI_LAB_SOURCE_DIR "/tests/data/proof/vectors.json";

template <class T>
T read(const json& value) {
    T read;
    REQUIRE_FALSE(JsonCodec<T>::read(value, read).has_value());
    return read;
}

/// The vector's half of the client; the rest is what an honest probe sees.
Evidence evidence_of(const json& vector) {
    const json& half = vector["client"];
    Evidence e = test::honest();
    e.nonce = read<Nonce>(half["nonce"]);
    e.tls = read<TlsFacts>(half["tls"]);
    e.exporter_sha256 = read<std::optional<Digest>>(half["exporter_sha256"]);
    e.leaf->sha256 = read<Digest>(half["leaf_sha256"]);
    e.streams = ClientStreams{.sent = read<StreamDigest>(half["sent"]),
                              .answer_end = half["answer_end"],
                              .received = read<std::optional<StreamDigest>>(half["received"])};
    if (!half["answered"]) e.status.reset();
    e.hellos = read<std::vector<HelloFacts>>(half["hellos"]);
    e.identity_served = half["identity_served"];
    e.server_hello_sha256 = read<std::optional<Digest>>(half["server_hello_sha256"]);
    const auto identity = certs::IdentityPublicKey::parse(vector["identity"].get<std::string>());
    REQUIRE(identity.has_value());
    const std::string envelope = vector["envelope"];
    if (vector["kind"] == "witness") {
        e.witness = WitnessAsked{loopback(9000), read<WitnessQuestion>(half["question"])};
        e.proof = client::read_witness(envelope, *identity);
    } else {
        e.proof = client::read_proof(envelope, *identity);
    }
    return e;
}

}  // namespace

std::string verdict_of(const json& vector) {
    const Expectation expected{.backend = read<std::optional<std::string>>(vector["backend"]),
                               .now = test::kNow};
    const Check check = judge(evidence_of(vector), expected, "vector");
    return std::string(to_string(check.verdict));
}

TEST_CASE("every vector is answered as it says", "[client][proof]") {
    if (std::getenv("SNI_LAB_WRITE_VECTORS")) {
        std::ofstream(kFile) << make_vectors().dump(1) << "\n";
    }
    std::ifstream file(kFile);
    const json vectors = json::parse(file);
    CHECK(vectors.size() >= 80);
    std::set<std::string> verdicts;
    for (const json& vector : vectors) {
        CAPTURE(vector["name"].get<std::string>());
        CHECK(verdict_of(vector) == vector["verdict"].get<std::string>());
        verdicts.insert(vector["verdict"]);
    }
    CHECK(verdicts == std::set<std::string>{"not_routed", "terminated", "report_altered", "altered",
                                            "inconclusive", "readable", "proven"});
}

}  // namespace client_vectors_test
