// sni-lab route: which rule takes a name, why, and what it beats. Opens no socket.
#include <algorithm>
#include <iterator>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/flags.h"
#include "cli/manifest_files.h"
#include "lab/core/diagnostic.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/routing/route_report.h"
#include "lab/routing/routing.h"

namespace sni::cli {

namespace {

/// As the flags say it; nothing is parsed yet.
struct RouteFlags {
    std::vector<std::string> files;
    std::vector<std::string> names;
    bool no_sni = false;
    bool plaintext = false;
    std::uint16_t port = 0;  ///< 0: not given
    ClusterFlags cluster;
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
        ->type_name("NAME")
        ->allow_extra_args(false);
    cmd->add_flag("--no-sni", flags->no_sni, "Ask for a client that sends no SNI");
    cmd->add_flag("--plaintext", flags->plaintext, "Ask for a client that speaks no TLS");
    cmd->add_option("--port", flags->port,
                    "Port as the Gateway writes it (default: 443, or the only one)")
        ->type_name("N")
        ->transform(whole_number(1, 65'535));
    add_cluster(*cmd, flags->cluster);
    add_only_gateway(*cmd, flags->cluster);
    cmd->add_flag("--table", flags->table, "List every name of every port");
    cmd->add_flag("--status", flags->status, "Print the status that Gateway API objects would get");
    cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/route/1");
    cmd->footer(
        "Exits 0 when every name that is asked for is routed, and 4 when one is not; where "
        "another\n"
        "gateway's object has something that is not looked at and may take it, 3.\n"
        "Example: sni-lab route passthrough --sni httpbin.example.com");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_route(*flags, io); }; });
}

namespace {

/// Those of the gateway that answered.
const routing::Listeners& listeners_of(const routing::Routing& routing,
                                       const routing::Answer& answer) {
    const auto envoy =
        std::ranges::find(routing.envoys, answer.gateways, &routing::Envoy::gateways);
    return answer.gateways.empty() || envoy == routing.envoys.end() ? routing.listeners
                                                                    : envoy->listeners;
}

/// The port that is asked at: where no Gateway has 443, the only one that any has.
std::uint16_t port_of(const RouteFlags& flags, const routing::Listeners& listeners) {
    constexpr std::uint16_t kUsual = 443;
    if (flags.port != 0) return flags.port;
    std::set<std::uint16_t> ports;
    for (const routing::Listener& listener : listeners.all) {
        ports.insert(listener.port);
    }
    for (const auto& [port, why] : listeners.closed) {
        ports.insert(port);
    }
    return ports.size() == 1 ? *ports.begin() : kUsual;
}

std::vector<routing::Question> questions(const RouteFlags& flags, std::uint16_t port) {
    std::vector<routing::Question> all;
    all.reserve(flags.names.size() + 2);
    for (const std::string& name : flags.names) {
        all.push_back({.sni = name, .port = port});
    }
    if (flags.no_sni) all.push_back({.sni = {}, .port = port});
    if (flags.plaintext) all.push_back({.sni = {}, .plaintext = true, .port = port});
    return all;
}

/// What there is of one port; 0: of all.
routing::Listeners at_port(routing::Listeners listeners, std::uint16_t port) {
    if (port == 0) return listeners;
    std::erase_if(listeners.all, [&](const auto& listener) { return listener.port != port; });
    std::erase_if(listeners.closed, [&](const auto& closed) { return closed.first != port; });
    return listeners;
}

/// It is answered for all the same: clients may send any bytes.
void warn_of_wrong_names(const std::vector<std::string>& names, std::ostream& err) {
    for (const std::string& name : names) {
        if (DnsName::parse(name)) continue;
        Diagnostic warning = no_host_name(name, "is no host name");
        warning.level = Level::warning;
        err << render(warning);
    }
}

Exit run_route(const RouteFlags& flags, Streams io) {
    warn_of_wrong_names(flags.names, io.err);
    const manifest::Manifest manifest = readable_manifest(flags.files, flags.cluster, io.err);
    lookup::Environment environment = environment_of(flags.cluster, manifest);
    environment.entrances = true;
    manifest::Findings findings(manifest.files);
    const routing::Routing routing = routing::route(manifest, findings, environment);
    const routing::Listeners listeners = at_port(routing.listeners, flags.port);
    const bool nothing_there = flags.port != 0 && listeners.all.empty() && listeners.closed.empty();

    io.err << routing::notes(routing.listeners);

    std::vector<routing::Answer> answers;
    bool all_routed = !nothing_there;
    bool any_refused = nothing_there;
    for (const routing::Question& question : questions(flags, port_of(flags, listeners))) {
        std::vector<routing::Answer> each = routing::ask_each(routing, question);
        // The one that routes it comes first.
        const bool routed = each.front().outcome == routing::Outcome::routed;
        all_routed = all_routed && routed;
        any_refused =
            any_refused || (!routed && std::ranges::none_of(each, &routing::Answer::uncertain));
        std::ranges::move(each, std::back_inserter(answers));
    }
    if (flags.json) {
        io.out << to_json(listeners, answers, routing::service_targets(manifest, environment))
                      .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
               << "\n";
    } else {
        bool first = true;
        const auto print = [&](const std::string& text) {
            io.out << (first ? "" : "\n") << text;
            first = false;
        };
        for (const routing::Answer& answer : answers) {
            print(to_text(listeners_of(routing, answer), answer));
        }
        if (flags.table || (answers.empty() && !flags.status)) {
            print(nothing_there ? fmt::format("no gateway listens at port {}\n", flags.port)
                                : table_text(listeners));
        }
        if (flags.status) print(status_text(listeners));
    }
    if (all_routed) return Exit::yes;
    return any_refused ? Exit::not_routed : Exit::inconclusive;
}

}  // namespace

}  // namespace sni::cli
