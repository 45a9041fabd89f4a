// The scenarios that are compiled into the binary, so that `sni-lab up` works in any folder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/scenario/words.h"
#include "lab/yaml/source.h"

namespace sni::scenario {

/// A folder below scenarios/. Its files are named as seen from there: "passthrough/manifests.yaml".
struct CatalogueEntry {
    std::string name;
    std::vector<File> files;
};

/// In the order of their names.
const std::vector<CatalogueEntry>& catalogue();

/// nullptr when there is no such scenario.
const CatalogueEntry* find_scenario(std::string_view name);

std::vector<std::string> scenario_names();

/// One file below scenarios/; the build writes the list of them.
struct EmbeddedFile {
    std::string_view path;
    std::string_view text;
};
std::span<const EmbeddedFile> embedded_files();

}  // namespace sni::scenario
