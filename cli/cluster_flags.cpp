#include "cli/cluster_flags.h"

#include <algorithm>

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

}  // namespace

void add_cluster(CLI::App& command, ClusterFlags& flags) {
    command.add_option("--namespace", flags.default_namespace,
                       "Where documents without a namespace go (default: default)");
    command.add_option("--gateway-labels", flags.gateway_labels,
                       "Labels of the gateway's pods (default: "
                       "istio=ingressgateway,app=istio-ingressgateway)");
    command.add_option("--gateway-namespace", flags.gateway_namespace,
                       "Namespace of the gateway's pods (default: istio-system)");
    command.add_flag("-R,--recursive", flags.recursive, "Folders with all their subfolders");
    command.add_option("--class", flags.gateway_class, "The GatewayClass (default: istio)");
}

manifest::Setting setting_of(const ClusterFlags& flags) {
    manifest::Setting setting;
    if (!flags.gateway_labels.empty()) setting.gateway_labels = parse_labels(flags.gateway_labels);
    if (!flags.gateway_namespace.empty()) setting.gateway_namespace = flags.gateway_namespace;
    if (!flags.gateway_class.empty()) setting.gateway_class = flags.gateway_class;
    return setting;
}

}  // namespace sni::cli
