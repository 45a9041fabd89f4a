// sni-lab certgen: certificates and keys for the lab, as files.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/scenario_secrets.h"
#include "cli/state.h"

namespace sni::cli {

/// The flags as they were typed; run_certgen() checks them. `secrets_of` and `now` are what the
/// command asks the world.
struct CertgenOptions {
    std::vector<std::string> names;  ///< empty: the tutorial's own
    std::optional<std::string> organization;
    std::vector<std::string> sans;
    std::string days = "365";
    std::string not_before;  ///< empty: an hour ago, for clocks that are behind
    std::string key = "rsa:2048";
    bool authority = false;
    bool client = false;
    bool cn_only = false;
    bool one = false;  ///< one certificate with all the names
    std::string scenario;
    std::vector<std::string> recipes;  ///< certificates that must fail; see certgen_recipes.h
    std::filesystem::path out;         ///< empty: certs_folder(state)
    std::filesystem::path state = kDefaultState;
    bool force = false;
    bool json = false;
    std::function<std::vector<SecretWish>(const std::string&)> secrets_of;
    std::function<std::chrono::sys_seconds()> now;
};

/// Makes one pair for each name, or for each Secret of a scenario: all of them or none.
Exit run_certgen(const CertgenOptions& options, Streams io);

}  // namespace sni::cli
