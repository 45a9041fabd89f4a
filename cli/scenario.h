// sni-lab scenario: the catalogue, to read and to run.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/manifest_files.h"
#include "lab/core/diagnostic.h"
#include "lab/play/player.h"

namespace sni::cli {

struct ScenarioRunOptions {
    std::vector<std::string> names;  ///< as up takes them
    bool all = false;
    bool without_fault = false;
    ClusterFlags cluster;
    /// "HOST:PORT" or "GATEWAYPORT=HOST:PORT", instead of a lab of our own.
    std::vector<std::string> gateways;
    std::filesystem::path identity;   ///< public PEM, for a gateway; empty: the state folder's own
    bool trust_file = false;          ///< as verify has it
    std::vector<std::string> trusts;  ///< "WHO=FILE": the PEM that a check's trust: WHO stands for
    std::filesystem::path client_ca;  ///< signs the clients' certificates; its key is beside it
    std::filesystem::path state;
    std::filesystem::path junit;
    bool json = false;
    bool verbose = false;
};

/// One scenario, played.
struct ScenarioRun {
    std::string name;
    std::string teaches;
    bool without_fault = false;  ///< then some check must not be met
    std::vector<play::Played> checks;
    std::chrono::milliseconds took{0};
    std::vector<Diagnostic> warnings = {};  ///< of its files

    bool met() const;
    bool undecided() const;
    /// Some check is decided, and is not met.
    bool noticed() const;
    /// Every check as expected: yes. One that is not: no. Else one that could not be decided:
    /// inconclusive. Without the fault it is yes where a check noticed, and no where all are met.
    Exit exit() const;
};

/// The worst of them.
Exit exit_of(const std::vector<ScenarioRun>& runs);

/// Throws Failure(Exit::usage) for a scenario that cannot be read, or that says what cannot be run.
LoadedScenario load_to_run(const std::string& name, const ScenarioRunOptions& options);

/// Plays the checks of one scenario in a lab of its own, or at ScenarioRunOptions::gateways. Throws
/// Failure for a scenario that cannot be started.
ScenarioRun run_scenario(LoadedScenario files, const ScenarioRunOptions& options);

/// The folder `name` with a scenario to start from. Throws Failure(Exit::usage) when anything of
/// that name is there.
void write_new_scenario(const std::string& name, Streams io);

// How it is told.

std::string to_text(const ScenarioRun& run, bool verbose);
std::string summary(const std::vector<ScenarioRun>& runs);
/// Schema "sni-lab/scenario/1".
std::string to_json(const std::vector<ScenarioRun>& runs);
/// A suite for each scenario.
std::string to_junit(const std::vector<ScenarioRun>& runs);

}  // namespace sni::cli
