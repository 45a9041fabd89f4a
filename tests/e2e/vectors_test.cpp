// Somebody else's checker, written from lab/proof/FORMAT.md alone.
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/process.h"

namespace e2e_vectors_test {

using namespace sni::test;
using nlohmann::json;

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

}  // namespace e2e_vectors_test
