// An identity that is no secret is no identity.
#include <filesystem>

#include <sys/stat.h>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace cli_backend_identity_test {

using namespace sni::test;

TEST_CASE("a backend warns of an identity that others can read", "[cli]") {
    const LabFolder folder;
    REQUIRE(folder.run({"certgen", "a.example.com", "--key", "ec:p256", "--out", "."}).status == 0);
    const std::string here = folder.path().string() + "/";
    const std::vector<std::string> command = {
        "sh", "-c",
        "exec \"$0\" backend --listen 127.0.0.1:0 --cert a.example.com.crt --key a.example.com.key "
        "--identity id.key 2>&1",
        SNI_LAB_BINARY};
    const auto started = [&] {
        std::vector<std::string> there = command;
        there[2] = "cd '" + here + "' && " + there[2];
        Background backend(there);
        std::string said;
        while (said.find("statements are signed") == std::string::npos) {
            said += backend.line() + "\n";
        }
        return said;
    };
    CHECK(started().find("SL3007") == std::string::npos);  // made by itself, for the owner alone
    REQUIRE(::chmod((here + "id.key").c_str(), 0644) == 0);
    CHECK(started().find("this private key has mode 0644 [SL3007]") != std::string::npos);
    // Whoever may write in its folder can put another one in its place.
    REQUIRE(::chmod((here + "id.key").c_str(), 0600) == 0);
    REQUIRE(::chmod(here.c_str(), 0777) == 0);
    CHECK(started().find("this private key lies in a folder of mode 0777 [SL3007]") !=
          std::string::npos);
}

}  // namespace cli_backend_identity_test
