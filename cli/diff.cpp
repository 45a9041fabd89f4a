// sni-lab diff: which names go elsewhere when these manifests take the place of those.
#include "lab/diff/diff.h"

#include <memory>
#include <ostream>
#include <sstream>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "cli/cluster_flags.h"
#include "cli/flags.h"
#include "cli/manifest_files.h"
#include "lab/diff/render.h"
#include "lab/report/json.h"
#include "lab/routing/routing.h"

namespace sni::cli {

namespace {

/// As the flags say it; nothing is parsed yet.
struct DiffFlags {
    std::string old;
    std::string now;
    ClusterFlags cluster;
    bool json = false;
    bool markdown = false;
    bool github = false;
};

Exit run_diff(const DiffFlags& flags, Streams io);

}  // namespace

void add_diff(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<DiffFlags>();
    CLI::App* cmd = add_command(app, "diff", "Say which names go elsewhere with other manifests");
    cmd->add_option("old", flags->old, "File, folder, name of a scenario, or - for standard input")
        ->required();
    cmd->add_option("new", flags->now, "What takes its place, of the same kinds")->required();
    add_cluster(*cmd, flags->cluster);
    cmd->get_option("--class")->description("The GatewayClass that counts (default: every one)");
    auto* json = cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/diff/1");
    auto* markdown =
        cmd->add_flag("--markdown", flags->markdown, "A table for a comment on a pull request");
    auto* github = cmd->add_flag("--github", flags->github, "Workflow commands of GitHub Actions");
    json->excludes(markdown)->excludes(github);
    markdown->excludes(github);
    cmd->footer(
        "Exits 0 when every name that either side knows goes where it went, 1 when one does\n"
        "not, and 3 when nobody can tell: nothing was compared, since Gateways or their pods\n"
        "are in other files, or what there is is of kinds that are not read; or what makes\n"
        "manifests (a HelmRelease, a Kustomization with patches, a folder without -R) differs,\n"
        "or what goes into it (patches, values), or an EnvoyFilter. What HTTP becomes behind a\n"
        "gateway that ends TLS is not compared. A Service that the old side has and the new one\n"
        "lacks is gone. Read are Istio, the Gateway API, and where TLS is passed on by Ingress\n"
        "(ssl-passthrough of ingress-nginx and HAProxy), IngressRouteTCP, HTTPProxy,\n"
        "OpenShift's Route and TCPIngress. Gateways of every class count, unless --class names\n"
        "one.\n"
        "Example: sni-lab diff -R old/ new/ --namespace shop\n"
        "         git show main:k8s/routes.yaml | sni-lab diff - k8s/routes.yaml");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_diff(*flags, io); }; });
}

namespace {

/// One side, read and routed; the routing points into the manifest.
struct Routed {
    manifest::Manifest manifest;
    lookup::Environment environment;
    routing::Routing routing;

    diff::Side side() const {
        return {.manifest = manifest, .routing = routing, .environment = environment};
    }
};

void read(const std::string& name, const DiffFlags& flags, std::ostream& err, Routed& into) {
    into.manifest = readable_manifest({name}, flags.cluster, err);
    into.environment = environment_of(flags.cluster, into.manifest);
    into.environment.entrances = true;
    into.environment.any_class = true;
    manifest::Findings findings(into.manifest.files);
    into.routing = routing::route(into.manifest, findings, into.environment);
}

Exit run_diff(const DiffFlags& flags, Streams io) {
    if (flags.old == "-" && flags.now == "-") {
        refuse("standard input can be one side only", "give the other one as a file or a folder");
    }
    // Where one side cannot be read, there is no word about the other.
    std::ostringstream talk;
    Routed old;
    Routed now;
    read(flags.old, flags, talk, old);
    read(flags.now, flags, talk, now);
    io.err << talk.str();
    const diff::Report report = diff::compare(old.side(), now.side());
    io.err << diff::notes(report);
    if (flags.json) {
        io.out << report::print(diff::to_json(report));
    } else if (flags.markdown) {
        io.out << diff::to_markdown(report);
    } else {
        io.out << (flags.github ? diff::to_github(report) : diff::to_text(report));
    }
    if (report.is_inconclusive()) return Exit::inconclusive;
    return report.changes.empty() ? Exit::yes : Exit::no;
}

}  // namespace

}  // namespace sni::cli
