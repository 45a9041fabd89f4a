// sni-lab export: the same scenario for a real cluster, or for a router that is not ours.
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include "certs/output.h"
#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/export_input.h"
#include "cli/flags.h"
#include "lab/core/encoding.h"
#include "lab/export/cluster/cluster.h"

namespace sni::cli {

namespace {

Exit run_export(const ExportFlags& flags, Streams io);

}  // namespace

void add_export(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<ExportFlags>();
    CLI::App* cmd = add_command(
        app, "export", "Write the scenario for a real cluster, or its routes for another router");
    cmd->add_option("file", flags->files,
                    "Files, folders, names of scenarios, or - for standard input")
        ->required();
    add_cluster(*cmd, flags->cluster);
    cmd->add_option("--api", flags->api,
                    "istio or gateway (the Gateway API) for kubectl apply; envoy, haproxy or nginx "
                    "for their configuration (default: istio)")
        ->check(CLI::IsMember({"istio", "gateway", "envoy", "haproxy", "nginx"}));
    cmd->add_option("--image", flags->image,
                    "Image of sni-lab in the cluster (default: " + usual_image() + ")")
        ->type_name("IMAGE");
    cmd->add_flag("--witness", flags->witness,
                  "Leave the services as they are, whatever their image, and put a witness into "
                  "their pods instead of the lab's backend behind them");
    cmd->add_option("--backend", flags->backends,
                    "Where the pods of a Service are, for envoy, haproxy and nginx; several share "
                    "(default: the running lab's backends, else 127.0.0.1:10443 and on, with the "
                    "commands that start them)")
        ->type_name("NS/SERVICE=HOST:PORT")
        ->allow_extra_args(false);
    cmd->add_option("--listen", flags->listen,
                    "Where envoy, haproxy or nginx serve a Gateway port (default: 443 at "
                    "127.0.0.1:9443, beside a running lab)")
        ->type_name("[PORT=]ADDR:PORT")
        ->allow_extra_args(false);
    cmd->add_option("--out", flags->out, "Write it to FILE, and the commands to stdout")
        ->type_name("FILE");
    add_state(*cmd, flags->state);
    cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/export/1");
    cmd->footer(
        "The documents come out on stdout as they went in, with what was missing; the commands to "
        "type come out on stderr, in order. Secrets and private keys are never written; what "
        "kustomize and Helm read stays behind; what is not carried over has a note.\n"
        "Example: sni-lab export passthrough --api nginx --out nginx.conf");
    cmd->callback([flags, &chosen] {
        if (is_stdout(flags->out)) flags->out.clear();  // as without --out, so that it stands alone
        chosen = [flags](Streams io) { return run_export(*flags, io); };
    });
}

namespace {

using exporting::Exported;
using exporting::Step;

void check(const ExportFlags& flags) {
    if (is_for_cluster(flags) && !flags.backends.empty()) {
        refuse(fmt::format("--backend says nothing to --api {}", flags.api),
               "it is for envoy, haproxy and nginx; a cluster knows where its pods are");
    }
    if (is_for_cluster(flags) && !flags.listen.empty()) {
        refuse(fmt::format("--listen says nothing to --api {}", flags.api),
               "it is for envoy, haproxy and nginx");
    }
    if (!is_for_cluster(flags) && flags.witness) {
        refuse(fmt::format("--witness says nothing to --api {}", flags.api),
               "it is for istio and gateway; beside a service of this machine: sni-lab witness");
    }
    const bool yaml =
        flags.out.empty() || flags.out.ends_with(".yaml") || flags.out.ends_with(".yml");
    if (flags.api == "envoy" && !yaml) {
        refuse(fmt::format("envoy would not read \"{}\"", printable(flags.out)),
               "it tells by the name that a file is YAML: write --out FILE.yaml");
    }
    if (!is_for_cluster(flags) && !flags.image.empty()) {
        refuse(fmt::format("--image says nothing to --api {}", flags.api),
               "it is for istio and gateway");
    }
}

Exported for_kubectl(const ExportFlags& flags, const ExportInput& input) {
    using namespace exporting;
    // Not lab.yaml: a folder that holds one takes it for the lab's own settings.
    auto exported = for_cluster(
        {input.manifest, input.environment, input.routing.listeners, input.lab, input.workloads},
        {.api = flags.api == "gateway" ? ClusterApi::gateway : ClusterApi::istio,
         .image = image_of(flags),
         .witness = flags.witness,
         .default_namespace = flags.cluster.default_namespace},
        names_of(flags, "cluster.yaml"));
    if (!exported) throw Failure(Exit::usage, std::move(exported.error()));
    return std::move(*exported);
}

void print_json(const ExportFlags& flags, const Exported& exported, std::ostream& out) {
    nlohmann::ordered_json steps = nlohmann::ordered_json::array();
    for (const Step& step : exported.steps) {
        steps.push_back({{"does", step.does}, {"command", step.command}});
    }
    const nlohmann::ordered_json document = {{"schema", "sni-lab/export/1"},
                                             {"api", flags.api},
                                             {"text", exported.text},
                                             {"steps", std::move(steps)},
                                             {"notes", exported.notes}};
    out << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void print_talk(const Exported& exported, std::ostream& out) {
    for (const std::string& note : exported.notes) {
        fmt::print(out, "# note: {}\n", printable(note));
    }
    out << exporting::script(exported.steps);
}

Exit run_export(const ExportFlags& flags, Streams io) {
    check(flags);
    ExportInput input;
    read_input(flags, io.err, input);
    Exported exported =
        is_for_cluster(flags) ? for_kubectl(flags, input) : for_router(flags, input);
    if (input.has_mistakes)
        exported.notes.emplace_back("sni-lab analyze finds errors in these manifests");
    if (!flags.out.empty()) certs::write_output(flags.out, exported.text);
    if (flags.json) {
        print_json(flags, exported, io.out);
    } else if (flags.out.empty()) {
        io.out << exported.text;
        print_talk(exported, io.err);
    } else {
        print_talk(exported, io.out);
    }
    return Exit::yes;
}

}  // namespace

}  // namespace sni::cli
