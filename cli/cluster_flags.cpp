#include "cli/cluster_flags.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

manifest::Labels parse_labels(const std::string& text) {
    manifest::Labels labels;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const std::string pair = text.substr(start, end - start);
        const std::size_t equal = pair.find('=');
        if (equal == std::string::npos || equal == 0) {
            throw Failure(Exit::usage, code::kUsage,
                          fmt::format("\"{}\" is no label", printable(pair)), {},
                          "write --gateway-labels KEY=VALUE,KEY=VALUE");
        }
        labels[pair.substr(0, equal)] = pair.substr(equal + 1);
        start = end + 1;
    }
    return labels;
}

/// --gateway-labels, --gateway-namespace, --class, and the versions.
void add_gateways(CLI::App& command, ClusterFlags& flags) {
    command
        .add_option("--gateway-labels", flags.gateway_labels,
                    "Labels of the gateway's pods; once for each gateway with pods of its own "
                    "(default: pods of the files that a Gateway selects, else "
                    "istio=ingressgateway,app=istio-ingressgateway)")
        ->type_name("KEY=VALUE,…")
        ->allow_extra_args(false);
    command
        .add_option("--gateway-namespace", flags.gateway_namespace,
                    "Namespace of the gateway's pods (default: that of pods in the files, else "
                    "istio-system)")
        ->type_name("NAMESPACE");
    command.add_flag("-R,--recursive", flags.recursive, "Folders with all their subfolders");
    command.add_option("--class", flags.gateway_class, "The GatewayClass (default: istio)")
        ->type_name("NAME");
    const manifest::Versions newest;
    command
        .add_option("--istio", flags.istio,
                    fmt::format("Istio's version: {} (default: {})", manifest::known_istio(),
                                manifest::istio_text(newest)))
        ->type_name("VERSION");
    command
        .add_option("--gateway-api", flags.gateway_api,
                    fmt::format("Version of the Gateway API's CRDs: {}; without -experimental the "
                                "standard channel, but for 1.4, where that has no TLSRoute "
                                "(default: {})",
                                manifest::known_gateway_api(), manifest::gateway_api_text(newest)))
        ->type_name("VERSION");
}

}  // namespace

void add_cluster(CLI::App& command, ClusterFlags& flags) {
    command
        .add_option("--namespace", flags.default_namespace,
                    "Where documents without a namespace go (default: default)")
        ->type_name("NAMESPACE");
    add_gateways(command, flags);
}

void add_only_gateway(CLI::App& command, ClusterFlags& flags, const char* name) {
    command.add_option(name, flags.only_gateway, "NS/NAME: look at no other Gateway")
        ->type_name("NS/NAME");
}

void refuse_cluster(const ClusterFlags& flags, std::string why, std::string hint) {
    const std::pair<std::string_view, bool> all[] = {
        {"--namespace", flags.default_namespace != ClusterFlags().default_namespace},
        {"--gateway-labels", !flags.gateway_labels.empty()},
        {"--gateway-namespace", !flags.gateway_namespace.empty()},
        {"--recursive", flags.recursive},
        {"--class", !flags.gateway_class.empty()},
        {"--istio", !flags.istio.empty()},
        {"--gateway-api", !flags.gateway_api.empty()},
        {"--only-gateway", !flags.only_gateway.empty()},
    };
    const auto given = std::ranges::find_if(all, [](const auto& flag) { return flag.second; });
    if (given == std::end(all)) return;
    throw Failure(Exit::usage, code::kUsage,
                  fmt::format("{} is about manifests, and none are read", given->first),
                  std::move(why), std::move(hint));
}

manifest::Versions versions_of(const ClusterFlags& flags) {
    manifest::Versions versions;
    const auto choose = [&](std::string_view flag, const std::string& text, auto function,
                            const std::string& known) {
        if (text.empty() || function(text, versions)) return;
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("{} knows no version \"{}\"", flag, printable(text)), {},
                      fmt::format("write one of {}", known));
    };
    choose("--istio", flags.istio, manifest::choose_istio, manifest::known_istio());
    choose("--gateway-api", flags.gateway_api, manifest::choose_gateway_api,
           manifest::known_gateway_api());
    return versions;
}

lookup::Environment environment_of(const ClusterFlags& flags) {
    lookup::Environment environment;
    environment.versions = versions_of(flags);
    for (const std::string& text : flags.gateway_labels) {
        if (!environment.gateway_labels) {
            environment.gateway_labels = parse_labels(text);
        } else {
            environment.more_gateway_labels.push_back(parse_labels(text));
        }
    }
    if (!flags.gateway_namespace.empty()) environment.gateway_namespace = flags.gateway_namespace;
    if (!flags.gateway_class.empty()) environment.gateway_class = flags.gateway_class;
    return environment;
}

lookup::Environment environment_of(const ClusterFlags& flags, const manifest::Manifest& manifest) {
    lookup::Environment environment = environment_of(flags);
    if (flags.only_gateway.empty()) return environment;
    const auto named = [&](const auto& gateway) {
        return gateway.meta.path() == flags.only_gateway;
    };
    if (std::ranges::none_of(manifest.gateways, named) &&
        std::ranges::none_of(manifest.api_gateways, named)) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("there is no Gateway \"{}\"", printable(flags.only_gateway)), {},
                      "write NAMESPACE/NAME of one in the files");
    }
    environment.gateway = flags.only_gateway;
    return environment;
}

}  // namespace sni::cli
