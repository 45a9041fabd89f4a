#include "cli/scenario_steps.h"

#include <filesystem>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/manifest/documents/documents.h"

namespace sni::cli {

std::string Steps::take(const scenario::CheckStep& step) {
    using Do = scenario::CheckStep::Do;
    switch (step.what) {
        case Do::unplug:
            return lab_.unplug(step.argument)
                       ? ""
                       : fmt::format("there is no backend \"{}\"", printable(step.argument));
        case Do::apply: {
            const std::string why = apply(step);
            return why.empty() ? "" : fmt::format("{} was refused: {}", step.argument, why);
        }
        case Do::apply_broken:
            break;
    }
    return apply(step).empty() ? fmt::format("{} was taken, and is broken", step.argument) : "";
}

/// As `kubectl apply` would do it to a cluster, and Istio then to its gateways: all of it or
/// nothing.
std::string Steps::apply(const scenario::CheckStep& step) {
    const manifest::File& file = find(step);
    auto parsed = manifest::parse_manifests({file}, "default", {}, environment_.versions);
    auto resolved = scenario::resolve(parsed.manifest, file.name, environment_);
    for (const auto* diagnostics : {&parsed.diagnostics, &resolved.diagnostics}) {
        for (const Diagnostic& diagnostic : *diagnostics) {
            if (diagnostic.level == Level::error) return diagnostic.message;
        }
    }
    try {
        lab_.reload(resolved.scenario);
    } catch (const Failure& failure) {
        return failure.what();
    }
    return "";
}

const manifest::File& Steps::find(const scenario::CheckStep& step) const {
    for (const manifest::File& file : files_) {
        if (std::filesystem::path(file.name).filename() == step.argument) return file;
    }
    throw Failure(Exit::usage, Diagnostic{.code = std::string(code::kUsage),
                                          .place = step.place,
                                          .message = fmt::format("the scenario has no file \"{}\"",
                                                                 printable(step.argument)),
                                          .hint = "put it beside checks.yaml"});
}

}  // namespace sni::cli
