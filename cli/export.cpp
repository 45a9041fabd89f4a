// sni-lab export: the same scenario for a real cluster, or for a router that is not ours.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include "certs/output.h"
#include "certs/store.h"
#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/manifest_files.h"
#include "cli/shell_quote.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/default_listen.h"
#include "lab/core/encoding.h"
#include "lab/export/addresses.h"
#include "lab/export/convert.h"
#include "lab/export/documents.h"
#include "lab/export/losses.h"
#include "lab/export/peers.h"
#include "lab/export/steps.h"
#include "lab/export/wiring.h"
#include "lab/export/workloads.h"
#include "lab/manifest/gateway_pods.h"
#include "lab/manifest/pods.h"
#include "lab/routing/routing.h"
#include "lab/scenario/scenario.h"

namespace sni::cli {

namespace {

/// As the flags say it; nothing is parsed yet.
struct ExportFlags {
    std::vector<std::string> files;
    ClusterFlags cluster;
    std::string api = "istio";
    std::string image;
    std::vector<std::string> backends;
    std::vector<std::string> listen;
    std::filesystem::path state;
    std::string out;
    bool json = false;
};

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
                    "Image of the lab's backend in the cluster (default: localhost/sni-lab:" +
                        std::string(SNI_LAB_VERSION) + ")");
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
        "type come out on stderr, in order. Secrets and private keys are never written; what is "
        "not "
        "carried over has a note.\n"
        "Example: sni-lab export passthrough --api nginx --out nginx.conf");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_export(*flags, io); }; });
}

namespace {

using exporting::Step;

/// What there is to say, whatever the API.
struct Exported {
    std::string text;
    std::vector<Step> steps;
    std::vector<std::string> notes;
};

/// The manifests with everything that is known of them.
struct Input {
    manifest::Manifest manifest;
    manifest::Setting setting;
    routing::Routing routing;
    scenario::Scenario scenario;
    scenario::LabFile lab;
    std::vector<exporting::Workload> workloads;
    std::size_t mistakes = 0;
};

Failure misused(std::string message, std::string hint) {
    return Failure(Exit::usage, code::kUsage, std::move(message), {}, std::move(hint));
}

bool for_cluster(const ExportFlags& flags) {
    return flags.api == "istio" || flags.api == "gateway";
}

/// Writing over an input would lose what export leaves out of it.
void keep_inputs(const ExportFlags& flags) {
    if (flags.out.empty()) return;
    for (const std::string& file : flags.files) {
        std::error_code ignored;
        if (!std::filesystem::equivalent(file, flags.out, ignored)) continue;
        throw misused(fmt::format("--out \"{}\" is one of the inputs", printable(flags.out)),
                      "choose another name: what export leaves out would be lost");
    }
}

void check(const ExportFlags& flags) {
    keep_inputs(flags);
    if (for_cluster(flags) && !flags.backends.empty()) {
        throw misused(fmt::format("--backend says nothing to --api {}", flags.api),
                      "it is for envoy, haproxy and nginx; a cluster knows where its pods are");
    }
    if (for_cluster(flags) && !flags.listen.empty()) {
        throw misused(fmt::format("--listen says nothing to --api {}", flags.api),
                      "it is for envoy, haproxy and nginx");
    }
    if (!for_cluster(flags) && !flags.image.empty()) {
        throw misused(fmt::format("--image says nothing to --api {}", flags.api),
                      "it is for istio and gateway");
    }
}

/// What lab.yaml says beside the manifests, wherever there is one.
scenario::LabFile lab_of(const std::vector<std::string>& files) {
    scenario::LabFile all;
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    for (const std::string& file : files) {
        if (file == "-") continue;  // can be read once
        const LoadedScenario loaded = load_scenario(file);
        append(all.certificates, loaded.lab.certificates);
        append(all.backends, loaded.lab.backends);
        append(all.gates, loaded.lab.gates);
    }
    return all;
}

/// `into` is filled in place, since its parts point into each other.
void read_input(const ExportFlags& flags, std::ostream& err, Input& into) {
    into.manifest = readable_manifest(flags.files, flags.cluster.default_namespace, err,
                                      flags.cluster.recursive);
    into.setting = manifest::settled(into.manifest, setting_of(flags.cluster));
    manifest::Findings findings(into.manifest.files);
    into.routing = routing::route(into.manifest, findings, into.setting);
    into.mistakes = findings.errors();
    into.scenario = scenario::resolve(into.manifest, "export", into.setting).scenario;
    into.lab = lab_of(flags.files);
    into.workloads = exporting::workloads(into.manifest, into.routing.listeners, into.scenario);
}

exporting::Names names_of(const ExportFlags& flags, std::string_view usual_file) {
    const bool own_state = flags.state != default_state();
    const std::filesystem::path state = flags.state;
    return {
        .file = shell_quoted(flags.out.empty() ? usual_file : flags.out),
        .state = shell_quoted(state.string()),
        .certgen = own_state ? "sni-lab certgen --state " + shell_quoted(state.string())
                             : "sni-lab certgen",
        .identity = shell_quoted(identity_file(state).string()),
        .client_ca = shell_quoted((certs_folder(state) / "lab-ca.crt").string()),
        .image =
            shell_quoted(flags.image.empty() ? "localhost/sni-lab:" + std::string(SNI_LAB_VERSION)
                                             : flags.image),
        .pair = [state](const std::string& host) {
            const certs::PairPaths paths = certs::pair_paths(certs_folder(state), host);
            return std::pair(shell_quoted(paths.cert.string()), shell_quoted(paths.key.string()));
        }};
}

/// Where kubectl puts documents that name no namespace, if there are any.
std::string apply_namespace(const manifest::Manifest& manifest,
                            const std::string& default_namespace) {
    bool unnamed = false;
    const auto look = [&](const auto& list) {
        for (const auto& object : list) {
            unnamed = unnamed || object.meta.ns.at == object.meta.at;
        }
    };
    look(manifest.secrets);
    look(manifest.services);
    look(manifest.deployments);
    look(manifest.gateways);
    look(manifest.virtual_services);
    look(manifest.destination_rules);
    look(manifest.service_entries);
    look(manifest.api_gateways);
    look(manifest.tls_routes);
    look(manifest.reference_grants);
    return unnamed ? default_namespace : std::string();
}

/// Where gateways' pods run: where Istio's own are, where the files have pods that a Gateway
/// selects, and where a Gateway of the Gateway API is.
std::set<std::string> gateway_namespaces(const Input& input,
                                         const std::vector<exporting::Edge>& edges,
                                         exporting::ClusterApi api) {
    std::set<std::string> all = {input.setting.gateway_namespace};
    for (const manifest::Gateway& gateway : input.manifest.gateways) {
        const manifest::Labels& selector = gateway.selector.value;
        for (const manifest::Deployment& pods : input.manifest.deployments) {
            const bool selects =
                !selector.empty() && manifest::has_labels(pods.pod.labels.value, selector);
            if (selects) all.insert(pods.meta.ns.value);
        }
    }
    for (const exporting::Edge& edge : edges) {
        if (api == exporting::ClusterApi::gateway) all.insert(edge.ns);
    }
    return all;
}

void add_notes(std::vector<std::string>& notes, const std::vector<std::string>& more) {
    notes.insert(notes.end(), more.begin(), more.end());
}

/// As an earlier export has added it.
bool has_deployment(const manifest::Manifest& manifest, const exporting::Workload& workload) {
    return std::ranges::any_of(manifest.deployments, [&](const manifest::Deployment& pods) {
        return !pods.bare_pod && pods.meta.ns.value == workload.ns &&
               pods.meta.name.value == exporting::deployment_name(workload);
    });
}

Exported for_kubectl(const ExportFlags& flags, const Input& input) {
    using namespace exporting;
    const ClusterApi api = flags.api == "gateway" ? ClusterApi::gateway : ClusterApi::istio;
    const Converted converted =
        convert(input.manifest, input.routing.listeners, api, input.setting);
    const Selection selection = select(input.manifest, converted.replaced);
    if (!selection.refused.empty()) throw Failure(Exit::usage, selection.refused);

    ClusterPlan plan{
        .api = api,
        .workloads = {},
        .held_back = selection.held_back,
        .edges = converted.edges,
        .edge_namespaces = gateway_namespaces(input, converted.edges, api),
        .gateway_namespace = input.setting.gateway_namespace,
        .apply_namespace = apply_namespace(input.manifest, flags.cluster.default_namespace),
        .experimental = converted.experimental};

    Exported exported{.text = {}, .steps = {}, .notes = selection.notes};
    add_notes(exported.notes, converted.notes);
    add_notes(exported.notes, lab_losses(input.lab));
    add_notes(exported.notes, certificate_losses(input.lab));
    // Not lab.yaml: a folder that holds one takes it for the lab's own settings.
    const Names names = names_of(flags, "cluster.yaml");
    std::vector<std::string> texts;
    for (const std::string& ns : missing_namespaces(
             input.manifest,
             {"default", "kube-system", "kube-public", input.setting.gateway_namespace})) {
        texts.push_back(namespace_document(ns));
    }
    texts.insert(texts.end(), selection.texts.begin(), selection.texts.end());
    texts.insert(texts.end(), converted.documents.begin(), converted.documents.end());
    const std::string image =
        flags.image.empty() ? "localhost/sni-lab:" + std::string(SNI_LAB_VERSION) : flags.image;
    std::set<std::string> made;
    for (const Workload& workload : input.workloads) {
        if (workload.selector.empty()) {
            exported.notes.push_back(fmt::format(
                "Service {} selects no pods, so no backend of the lab can stand behind it",
                workload.path()));
            continue;
        }
        if (!made.insert(workload.path()).second) {
            exported.notes.push_back(
                fmt::format("Service {} leads to several ports of its pods; the lab's backend "
                            "serves the first one only",
                            workload.path()));
            continue;
        }
        if (!workload.asked) {
            exported.notes.push_back(fmt::format(
                "no name leads to {} for certain, so nothing is verified there", workload.path()));
        }
        plan.workloads.push_back(workload);
        if (has_deployment(input.manifest, workload)) {
            exported.notes.push_back(
                fmt::format("Deployment {}/{} is in the files already, and "
                            "stays as it is",
                            workload.ns, deployment_name(workload)));
            continue;
        }
        const bool near = plan.edge_namespaces.contains(workload.ns);
        if (near) {
            exported.notes.push_back(fmt::format(
                "namespace {} has gateways in it, so the backend there makes its identity itself "
                "and no Secret holds it",
                workload.ns));
        }
        const scenario::BackendSetting* setting = input.lab.backend(workload.name);
        texts.push_back(deployment(workload, image,
                                   near ? IdentityFrom::itself : IdentityFrom::secret,
                                   setting ? setting->alpn : std::vector<std::string>()));
    }
    if (!plan.workloads.empty() && api == ClusterApi::istio) {
        exported.notes.push_back(
            "with sidecars and PeerAuthentication STRICT, a client from outside is refused: keep "
            "PERMISSIVE, or give the backends' port a PERMISSIVE exception");
    }
    exported.text = join(texts);
    exported.steps = cluster_steps(plan, names);
    return exported;
}

std::map<std::string, std::vector<Endpoint>> given_backends(const ExportFlags& flags,
                                                            const Input& input) {
    std::map<std::string, std::vector<Endpoint>> given;
    for (const std::string& flag : flags.backends) {
        const std::size_t equals = flag.find('=');
        const std::string name = flag.substr(0, equals);
        const auto is_named = [&](const routing::Listener& listener) {
            return std::ranges::any_of(listener.chains, [&](const routing::FilterChain& chain) {
                return std::ranges::any_of(chain.targets, [&](const manifest::Target& target) {
                    return target.ns + "/" + target.name == name;
                });
            });
        };
        if (equals == std::string::npos) {
            throw misused(fmt::format("--backend \"{}\" says no address", printable(flag)),
                          "write --backend NAMESPACE/SERVICE=HOST:PORT");
        }
        if (std::ranges::none_of(input.routing.listeners.all, is_named)) {
            throw misused(fmt::format("no route leads to \"{}\"", printable(name)),
                          "write NAMESPACE/SERVICE as sni-lab route --table shows it");
        }
        const auto endpoint = parse_endpoint(flag.substr(equals + 1));
        if (!endpoint) {
            throw misused(fmt::format("--backend: {}", endpoint.error()),
                          "write --backend NAMESPACE/SERVICE=HOST:PORT");
        }
        given[name].push_back(*endpoint);
    }
    return given;
}

exporting::ListenAt listen_at(const ExportFlags& flags, const Input& input) {
    exporting::ListenAt listen;
    const auto& listeners = input.routing.listeners.all;
    for (const std::string& flag : flags.listen) {
        const std::size_t equals = flag.find('=');
        const bool named = equals != std::string::npos;
        if (!named && listeners.size() != 1) {
            throw misused(fmt::format("there are {} Gateway ports", listeners.size()),
                          "write --listen GATEWAYPORT=ADDR:PORT for each");
        }
        const auto endpoint = parse_endpoint(named ? flag.substr(equals + 1) : flag);
        if (!endpoint) {
            throw misused(fmt::format("--listen: {}", endpoint.error()),
                          "as in --listen 127.0.0.1:9443");
        }
        const auto gate = std::ranges::find_if(listeners, [&](const routing::Listener& each) {
            return !named || std::to_string(each.port) == flag.substr(0, equals);
        });
        if (gate == listeners.end()) {
            throw misused(
                fmt::format("no Gateway listens at port {}", printable(flag.substr(0, equals))),
                "sni-lab route --table lists the ports");
        }
        listen[gate->port] = *endpoint;
    }
    // A lab that runs beside it has its own ports.
    std::vector<std::uint16_t> ports;
    ports.reserve(listeners.size());
    for (const routing::Listener& listener : listeners) {
        ports.push_back(listener.port);
    }
    std::set<Endpoint> taken;
    for (const auto& [port, endpoint] : default_listen(ports, kLabOffset)) {
        taken.insert(endpoint);
    }
    return default_listen(ports, kRouterOffset, listen, std::move(taken));
}

/// The running lab's backends, if it runs these very pods.
std::map<std::pair<std::string, std::uint16_t>, Endpoint> running_backends(
    const ExportFlags& flags, const Input& input, std::vector<std::string>& notes) {
    std::error_code ignored;
    if (!std::filesystem::exists(flags.state, ignored) || !lab_is_alive(flags.state)) return {};
    const auto record = read_record(flags.state);
    if (!record) return {};
    const auto& pods = input.scenario.backends;
    const bool same = std::ranges::equal(record->backends, pods, {}, &BackendRecord::name,
                                         &scenario::BackendSpec::name);
    if (!same) {
        notes.push_back(
            fmt::format("the running lab is another scenario ({}), so its backends are "
                        "not used",
                        record->scenario));
        return {};
    }
    std::map<std::pair<std::string, std::uint16_t>, Endpoint> running;
    for (std::size_t i = 0; i < pods.size(); ++i) {
        running.emplace(std::pair(pods[i].name, pods[i].target_port), record->backends[i].endpoint);
    }
    return running;
}

Exported for_router(const ExportFlags& flags, const Input& input) {
    using namespace exporting;
    Exported exported;
    const ListenAt listen = listen_at(flags, input);
    Known known{.given = given_backends(flags, input),
                .running = running_backends(flags, input, exported.notes),
                .taken = {}};
    for (const auto& [port, endpoint] : listen) {
        known.taken.insert(endpoint);
    }
    Addresses addresses(input.manifest, input.workloads, known);
    const Wiring wiring = wire(
        input.routing.listeners,
        [&](const manifest::Target& target) { return addresses.find(target); }, listen, input.lab);
    if (wiring.gates.empty()) {
        throw Failure(Exit::usage, code::kNotRunnable, "no port of these manifests has a route", {},
                      "sni-lab route --table and sni-lab analyze say why");
    }
    add_notes(exported.notes, wiring.notes);
    add_notes(exported.notes, losses(input.manifest, input.routing.listeners,
                                     {.istio = true, .gateway_api = true, .everything = true}));
    if (!addresses.to_start().empty()) add_notes(exported.notes, certificate_losses(input.lab));
    Program program;
    Names names;
    if (flags.api == "nginx") {
        names = names_of(flags, "nginx.conf");
        exported.text = nginx(wiring);
        add_notes(exported.notes, nginx_notes(wiring));
        program = nginx_program(names.file);
    } else if (flags.api == "haproxy") {
        names = names_of(flags, "haproxy.cfg");
        exported.text = haproxy(wiring);
        add_notes(exported.notes, haproxy_notes(wiring));
        program = haproxy_program(names.file);
    } else {
        names = names_of(flags, "envoy.yaml");
        exported.text = envoy(wiring);
        program = envoy_program(names.file);
    }
    exported.steps =
        local_steps(wiring, input.workloads, addresses.to_start(), program, names, input.lab);
    return exported;
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
    Input input;
    read_input(flags, io.err, input);
    Exported exported = for_cluster(flags) ? for_kubectl(flags, input) : for_router(flags, input);
    if (input.mistakes > 0) {
        exported.notes.push_back(fmt::format("sni-lab analyze finds {} error{} in these manifests",
                                             input.mistakes, input.mistakes == 1 ? "" : "s"));
    }
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
