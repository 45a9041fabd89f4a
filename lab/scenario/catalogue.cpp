#include "lab/scenario/catalogue.h"

#include <algorithm>

namespace sni::scenario {

namespace {

std::vector<CatalogueEntry> gather() {
    std::vector<CatalogueEntry> entries;
    for (const EmbeddedFile& file : embedded_files()) {
        const std::string_view name = file.path.substr(0, file.path.find('/'));
        if (name == file.path) continue;  // beside the scenarios, not in one
        if (entries.empty() || entries.back().name != name) {
            entries.push_back({.name = std::string(name), .files = {}});
        }
        entries.back().files.push_back(
            {.name = std::string(file.path), .text = std::string(file.text)});
    }
    return entries;
}

}  // namespace

const std::vector<CatalogueEntry>& catalogue() {
    static const std::vector<CatalogueEntry> kEntries = gather();
    return kEntries;
}

const CatalogueEntry* find_scenario(std::string_view name) {
    const auto found = std::ranges::find(catalogue(), name, &CatalogueEntry::name);
    return found == catalogue().end() ? nullptr : &*found;
}

std::vector<std::string> scenario_names() {
    std::vector<std::string> names;
    for (const CatalogueEntry& entry : catalogue()) {
        names.push_back(entry.name);
    }
    return names;
}

}  // namespace sni::scenario
