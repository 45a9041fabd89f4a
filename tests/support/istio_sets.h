// The sets of tests/data/istio: manifests that open with what Istio says of them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace sni::test {

inline const std::filesystem::path kIstioSets =
    std::filesystem::path(SNI_LAB_SOURCE_DIR) / "tests/data/istio";

/// All but backends.yaml, which each of them is read with.
inline std::vector<std::filesystem::path> istio_sets() {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(kIstioSets)) {
        const bool set = entry.path().extension() == ".yaml";
        if (set && entry.path().filename() != "backends.yaml") all.push_back(entry.path());
    }
    std::ranges::sort(all);
    return all;
}

/// What stands behind `mark` in the lines that begin with it: "# > " for what both sides say.
inline std::vector<std::string> lines_of(const std::string& text, std::string_view mark) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(mark)) lines.push_back(line.substr(mark.size()));
    }
    return lines;
}

}  // namespace sni::test
