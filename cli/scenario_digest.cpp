#include "cli/scenario_digest.h"

#include <filesystem>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "certs/digest.h"

namespace sni::cli {

namespace {

std::string resolved_text(const scenario::Scenario& scenario) {
    std::string text;
    const auto line = std::back_inserter(text);
    for (const scenario::BackendSpec& backend : scenario.backends) {
        fmt::format_to(line, "backend {} {}\n", backend.name, backend.target_port);
    }
    for (const scenario::RouteSpec& route : scenario.routes) {
        fmt::format_to(line, "route {} {}", route.pattern.text(), route.gateway_port);
        for (const auto& to : route.destinations) {
            fmt::format_to(line, " {}*{}{}", to.backend, to.weight, to.wrapped ? " wrapped" : "");
        }
        text += '\n';
    }
    for (const scenario::TerminatorSpec& terminator : scenario.terminators) {
        fmt::format_to(line, "ends {} to {}{}", terminator.gateway_port, terminator.backend,
                       terminator.encrypts ? " encrypted" : "");
        for (const route::HostPattern& pattern : terminator.patterns) {
            text += " " + pattern.text();
        }
        text += '\n';
    }
    return text;
}

}  // namespace

Digest digest_of(const std::vector<const manifest::File*>& files,
                 const scenario::Scenario& resolved) {
    std::string text;
    for (const manifest::File* file : files) {
        text += fmt::format("file {} {}\n{}", std::filesystem::path(file->name).filename().string(),
                            file->text.size(), file->text);
    }
    return certs::sha256(as_bytes(text + resolved_text(resolved)));
}

}  // namespace sni::cli
