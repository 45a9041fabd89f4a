// Manifests for tests: written short, read and resolved, with diagnostics as the user sees them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/documents/documents.h"
#include "lab/manifest/manifest.h"
#include "lab/scenario/catalogue.h"
#include "lab/scenario/scenario.h"

namespace sni::test {

/// Everything that reading and resolving say about one text.
struct Read {
    manifest::Manifest manifest;
    scenario::Scenario scenario;
    std::vector<Diagnostic> diagnostics;

    std::vector<std::string> codes(Level at_least = Level::info) const {
        std::vector<std::string> all;
        for (const Diagnostic& d : diagnostics) {
            if (d.level >= at_least) all.push_back(d.code);
        }
        return all;
    }
    std::vector<std::string> errors() const { return codes(Level::error); }
    bool has(std::string_view code) const {
        return std::ranges::find(diagnostics, code, &Diagnostic::code) != diagnostics.end();
    }
    /// The first diagnostic with `code` as it is printed; empty when there is none.
    std::string text(std::string_view code) const {
        const auto found = std::ranges::find(diagnostics, code, &Diagnostic::code);
        return found == diagnostics.end() ? std::string() : render(*found);
    }
    std::string all() const {
        std::string text;
        for (const Diagnostic& d : diagnostics) {
            text += render(d);
        }
        return text;
    }
};

inline Read read_files(std::vector<manifest::File> files, std::string_view ns = "default") {
    Read read;
    auto parsed = manifest::parse_manifests(std::move(files), ns);
    read.manifest = std::move(parsed.manifest);
    read.diagnostics = std::move(parsed.diagnostics);
    auto resolved = scenario::resolve(read.manifest, "test");
    read.scenario = std::move(resolved.scenario);
    read.diagnostics.insert(read.diagnostics.end(), resolved.diagnostics.begin(),
                            resolved.diagnostics.end());
    return read;
}

inline Read read_text(std::string_view text, std::string_view ns = "default") {
    return read_files({{.name = "a.yaml", .text = std::string(text)}}, ns);
}

/// The tutorial's manifests.
inline std::string tutorial() {
    const auto* entry = scenario::find_scenario("passthrough");
    if (entry == nullptr) return {};
    const auto file =
        std::ranges::find(entry->files, "passthrough/manifests.yaml", &manifest::File::name);
    return file == entry->files.end() ? std::string() : file->text;
}

/// `text` with the first `from` behind `after` replaced; fails loudly by returning nothing.
inline std::string replaced(std::string text, std::string_view from, std::string_view to,
                            std::string_view after = {}) {
    const std::size_t start = text.find(after);
    if (start == std::string::npos) return {};
    const std::size_t at = text.find(from, start);
    if (at == std::string::npos) return {};
    return text.replace(at, from.size(), to);
}

/// The tutorial with one change.
inline Read tutorial_with(std::string_view from, std::string_view to, std::string_view after = {}) {
    return read_text(replaced(tutorial(), from, to, after), "passthrough-test");
}

/// Names that are routed, in order, with their backends' names: "a.b -> ns/x ns/y*2".
inline std::vector<std::string> routes(const Read& read) {
    std::vector<std::string> all;
    for (const scenario::RouteSpec& route : read.scenario.routes) {
        std::string text = route.pattern.text() + " ->";
        for (const auto& destination : route.destinations) {
            text += " " + read.scenario.backends.at(destination.backend).name;
            if (destination.weight != 1) text += "*" + std::to_string(destination.weight);
        }
        all.push_back(text);
    }
    return all;
}

}  // namespace sni::test
