// A proof of a lab that verify started for itself, saved, and the keys to judge it with.
#pragma once

#include <string>
#include <vector>

#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace sni::test {

struct SavedProof {
    /// `more`: what else verify is told.
    explicit SavedProof(std::vector<std::string> more) {
        more.insert(more.begin(), {"verify", "--state", state, "--save", file});
        verified = run(more);
    }

    Ran check(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"proof", "check", file, "--identity", identity});
        return run(more);
    }
    Ran check_attested(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"--verifier", verifier});
        return check(std::move(more));
    }

    TempFolder folder;
    std::string state = (folder / "state").string();
    std::string file = (folder / "proof.json").string();
    std::string identity = state + "/identity.key.pub";
    std::string verifier = state + "/verifier.key.pub";
    Ran verified{};
};

}  // namespace sni::test
