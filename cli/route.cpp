// sni-lab route: which rule takes a name, why, and what it beats. Opens no socket.
#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/flags.h"
#include "cli/manifest_files.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/manifest/route_report.h"
#include "lab/manifest/routing.h"

namespace sni::cli {

namespace {

/// As the flags say it; nothing is parsed yet.
struct RouteFlags {
    std::vector<std::string> files;
    std::vector<std::string> names;
    bool no_sni = false;
    bool plaintext = false;
    std::uint16_t port = 443;
    ClusterFlags cluster;
    std::string gateway;
    bool table = false;
    bool status = false;
    bool json = false;
};

Exit run_route(const RouteFlags& flags, Streams io);

}  // namespace

void add_route(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<RouteFlags>();
    CLI::App* cmd = add_command(app, "route", "Say which rule takes a name, and why");
    cmd->add_option("file", flags->files,
                    "Files, folders, names of scenarios, or - for standard input")
        ->required();
    cmd->add_option("--sni", flags->names, "Name to ask for; may be given several times")
        ->allow_extra_args(false);
    cmd->add_flag("--no-sni", flags->no_sni, "Ask for a client that sends no SNI");
    cmd->add_flag("--plaintext", flags->plaintext, "Ask for a client that speaks no TLS");
    cmd->add_option("--port", flags->port, "Port as the Gateway writes it (default: 443)")
        ->transform(whole_number(1, 65'535));
    add_cluster(*cmd, flags->cluster);
    cmd->add_option("--gateway", flags->gateway, "NS/NAME: look at no other Gateway");
    cmd->add_flag("--table", flags->table, "List every name of every port");
    cmd->add_flag("--status", flags->status, "Print the status that Gateway API objects would get");
    cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/route/1");
    cmd->footer("Example: sni-lab route passthrough --sni httpbin.example.com");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_route(*flags, io); }; });
}

namespace {

Failure misused(std::string message, std::string hint) {
    return Failure(Exit::usage, code::kUsage, std::move(message), {}, std::move(hint));
}

manifest::Setting setting_of(const RouteFlags& flags, const manifest::Manifest& manifest) {
    manifest::Setting setting = setting_of(flags.cluster);
    if (flags.gateway.empty()) return setting;
    const auto named = [&](const auto& gateway) { return gateway.meta.path() == flags.gateway; };
    if (std::ranges::none_of(manifest.gateways, named) &&
        std::ranges::none_of(manifest.api_gateways, named)) {
        throw misused(fmt::format("there is no Gateway \"{}\"", printable(flags.gateway)),
                      "write --gateway NAMESPACE/NAME of one in the files");
    }
    setting.gateway = flags.gateway;
    return setting;
}

std::vector<manifest::Question> questions(const RouteFlags& flags) {
    std::vector<manifest::Question> all;
    all.reserve(flags.names.size() + 2);
    for (const std::string& name : flags.names) {
        all.push_back({.sni = name, .port = flags.port});
    }
    if (flags.no_sni) all.push_back({.sni = {}, .port = flags.port});
    if (flags.plaintext) all.push_back({.sni = {}, .plaintext = true, .port = flags.port});
    return all;
}

Exit run_route(const RouteFlags& flags, Streams io) {
    const manifest::Manifest manifest = readable_manifest(
        flags.files, flags.cluster.default_namespace, io.err, flags.cluster.recursive);
    const manifest::Setting setting = setting_of(flags, manifest);
    manifest::Findings findings(manifest.files);
    const manifest::Routing routing = manifest::route(manifest, findings, setting);
    const manifest::Listeners& listeners = routing.listeners;

    std::vector<manifest::Answer> answers;
    for (const manifest::Question& question : questions(flags)) {
        answers.push_back(manifest::ask(listeners, question));
    }
    if (flags.json) {
        io.out << to_json(listeners, answers, service_targets(manifest, setting))
                      .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
               << "\n";
    } else {
        bool first = true;
        const auto print = [&](const std::string& text) {
            io.out << (first ? "" : "\n") << text;
            first = false;
        };
        for (const manifest::Answer& answer : answers) {
            print(to_text(listeners, answer));
        }
        if (flags.table || (answers.empty() && !flags.status)) print(table_text(listeners));
        if (flags.status) print(status_text(listeners));
    }
    const bool all_routed = std::ranges::all_of(answers, [](const manifest::Answer& answer) {
        return answer.outcome == manifest::Outcome::routed;
    });
    return all_routed ? Exit::yes : Exit::not_routed;
}

}  // namespace

}  // namespace sni::cli
