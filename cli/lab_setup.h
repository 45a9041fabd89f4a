// From what the user named to a running lab: the steps that up, verify and demo share.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/identity.h"
#include "cli/certificates.h"
#include "cli/lab_record.h"
#include "cli/manifest_files.h"
#include "lab/lab.h"
#include "lab/scenario/checks.h"
#include "lab/scenario/scenario.h"

namespace sni::cli {

/// A scenario that passed every check, and what verify does with it.
struct Loaded {
    scenario::Scenario scenario;
    std::vector<scenario::Check> checks;  ///< what an ordinary client asks an unchanged lab
    std::vector<Diagnostic> warnings;
    scenario::LabFile lab = {};
    std::optional<std::string> origin;  ///< as LoadedScenario has them
    Digest digest{};
};

/// `what` as load_scenario() takes it. Without checks.yaml it has scenario::default_checks().
/// Throws Failure(Exit::usage) with every mistake at once; what is only
/// not understood is a warning when `allow_unsupported`.
Loaded load(const std::string& what, bool allow_unsupported, const std::string& default_namespace,
            const ClusterFlags& cluster = {});
/// The same of what was read already.
Loaded load(LoadedScenario files, bool allow_unsupported);

/// How to start it.
struct SetUp {
    /// Where certificates and the identity come from; nothing: everything is made in memory.
    std::optional<std::filesystem::path> state;
    bool may_write = false;                    ///< into `state`
    std::map<std::uint16_t, Endpoint> listen;  ///< by Gateway port
    std::function<void(std::string_view)> log;
    std::function<void(const router::SessionRecord&)> on_record;
    std::chrono::sys_seconds now;
};

/// A running lab and what others need to know to look at it.
struct RunningLab {
    std::vector<Certificate> certificates;          ///< one for each backend
    std::vector<Certificate> gateway_certificates;  ///< one for each terminator
    std::optional<certs::CertBundle> authority;     ///< the lab's CA, if somebody needs one
    certs::IdentityPublicKey identity;
    LabRecord record;
    std::unique_ptr<Lab> lab;
};

RunningLab start(const Loaded& loaded, SetUp setup);

}  // namespace sni::cli
