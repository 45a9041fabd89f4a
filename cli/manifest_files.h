// Scenarios from where the user keeps them: the catalogue, a folder, a file, standard input. What
// the files mean is lab/manifest's business.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cluster_flags.h"
#include "lab/core/bytes.h"
#include "lab/core/diagnostic.h"
#include "lab/manifest/documents/documents.h"
#include "lab/manifest/manifest.h"
#include "lab/scenario/checks.h"
#include "lab/scenario/lab_file.h"
#include "lab/scenario/scenario.h"

namespace sni::cli {

struct LoadedScenario {
    std::string name;
    /// The catalogue's name or an absolute path, either of which names it again; nothing: stdin.
    std::optional<std::string> origin;
    Digest digest{};  ///< see digest_of()
    manifest::Manifest manifest;
    lookup::Environment environment;         ///< of the cluster that it is resolved in
    scenario::Scenario scenario;             ///< to be run only when nothing is an error
    std::optional<scenario::Checks> checks;  ///< nothing: the scenario has no checks.yaml
    scenario::LabFile lab;                   ///< of lab.yaml; empty without one
    std::vector<manifest::File> others;      ///< manifests beside the main ones, for its steps
    std::vector<Diagnostic> diagnostics;     ///< of all files, in file order
};

/// `name_or_path` is a name of the catalogue, a folder (every *.yaml, *.yml and *.json in it, with
/// `recursive` in its subfolders too; beside a checks.yaml of ours manifests.yaml alone), a file,
/// or
/// "-". A name of the catalogue wins over a file of that name, with a warning; "./NAME" is always a
/// file. Throws Failure(Exit::usage) when there is no such thing, or it cannot be read or is too
/// large; what is wrong inside is in `diagnostics`, and whoever goes on prints the warnings there.
LoadedScenario load_scenario(std::string_view name_or_path,
                             std::string_view default_namespace = "default",
                             const ClusterFlags& cluster = {});

/// The same without what makes it fail, as its checks.yaml describes that. Throws
/// Failure(Exit::usage) when it does not.
LoadedScenario load_without_fault(std::string_view name_or_path,
                                  std::string_view default_namespace = "default",
                                  const ClusterFlags& cluster = {});

/// A warning where `name` is the catalogue's and a file or folder here, too: whoever made that
/// means it, mostly.
std::optional<Diagnostic> shadowed(std::string_view name);

/// On `err`, whatever is not worse than a warning among `diagnostics`.
void tell_warnings(const std::vector<Diagnostic>& diagnostics, std::ostream& err);

struct ManifestFiles {
    std::vector<manifest::File> files;
    std::vector<manifest::File> labs;  ///< lab.yaml beside them
    manifest::Skipped skipped;
};

/// The manifests behind several such names, each file once. Throws as load_scenario(), and for a
/// name of the catalogue that is a file or folder here, too: to look at the wrong one would be
/// green.
ManifestFiles read_manifests(const std::vector<std::string>& names_or_paths,
                             bool recursive = false);

/// Throws Failure(Exit::usage) where they hold no document and no mistake, but files of other tools
/// at most.
void require_documents(const manifest::Parsed& parsed);

/// What they say, right or wrong. `written_anew` as of parse_manifests().
manifest::Parsed parse_files(const std::vector<std::string>& names_or_paths,
                             const ClusterFlags& cluster, bool written_anew = false);

/// What they hold, for commands that look and run nothing. What is merely not understood is said on
/// `err`; with any other mistake all of them are thrown as Failure(Exit::usage).
manifest::Manifest readable_manifest(const std::vector<std::string>& names_or_paths,
                                     const ClusterFlags& cluster, std::ostream& err,
                                     bool written_anew = false);
/// The same of what was read; without `labs`.
manifest::Manifest readable_manifest(ManifestFiles read, const ClusterFlags& cluster,
                                     std::ostream& err, bool written_anew = false);

/// What lab.yaml says beside manifests, all of them together, for commands that run nothing:
/// `scenario` is what the manifests resolve to; without one nobody compares its names. Otherwise as
/// readable_manifest().
scenario::LabFile readable_lab(const std::vector<manifest::File>& labs,
                               const scenario::Scenario* scenario, std::ostream& err);

/// Throws Failure(Exit::usage) with all diagnostics when one of them is an error. With
/// `allow_unsupported` what is merely not understood becomes a warning first.
void require_runnable(LoadedScenario& loaded, bool allow_unsupported);

}  // namespace sni::cli
