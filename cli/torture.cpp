// sni-lab torture: what a gateway does with every shape of ClientHello.
#include "cli/torture.h"

#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/files.h"
#include "cli/flags.h"
#include "cli/terminal.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/peers/product.h"
#include "lab/report/json.h"
#include "lab/report/text.h"
#include "lab/torture/show/page.h"

namespace sni::cli {

namespace {

constexpr const char* kListedName = "httpbin.example.com";

torture::Baseline baseline_of(const std::filesystem::path& file) {
    auto baseline = torture::read_baseline(certs::read_file(file));
    if (!baseline) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("{} is no baseline", printable(file.string())), baseline.error(),
                      "sni-lab torture --json > FILE writes one");
    }
    return std::move(*baseline);
}

Exit run_torture(const TortureFlags& flags, Streams io) {
    if (flags.list) {
        const std::string list = torture::to_list(
            chosen_shapes(flags, flags.sni.empty() ? kListedName : name_to_send(flags.sni)));
        io.out << report::shown(list, style_of(io.out));
        return Exit::yes;
    }
    if (flags.peer.print) {
        io.out << peer_config(flags);
        return Exit::yes;
    }
    std::optional<torture::Baseline> baseline;
    if (!flags.baseline.empty()) baseline = baseline_of(flags.baseline);
    refuse_two_on_stdout({{"--json", flags.json},
                          {"--junit", is_stdout(flags.junit)},
                          {"--html", is_stdout(flags.html)}});
    const torture::Run asked = ask_gateway(flags, io);
    const torture::Baseline* const before = baseline ? &*baseline : nullptr;
    if (flags.json) {
        io.out << report::print(torture::to_json(asked, before));
    } else if (!any_is_stdout({flags.junit, flags.html})) {
        io.out << report::shown(torture::to_text(asked, before), style_of(io.out));
    }
    io.out.flush();
    if (!flags.junit.empty()) print_document(flags.junit, torture::to_junit(asked, before), io.out);
    if (!flags.html.empty()) print_document(flags.html, torture::to_html({asked}), io.out);
    const Exit exit = exit_of(asked, before);
    if (const std::size_t unknown = unknown_of(asked); unknown > 0) {
        io.err << render({.level = Level::warning,
                          .code = std::string(code::kTortureEnds),
                          .message = fmt::format("of {} of {} shapes it is not known where they "
                                                 "arrived",
                                                 unknown, asked.wanted)});
    }
    if (asked.findings.size() == asked.wanted) return exit;
    io.err << render({.level = Level::warning,
                      .code = std::string(code::kTortureStopped),
                      .message = fmt::format("{} of {} shapes were not asked",
                                             asked.wanted - asked.findings.size(), asked.wanted)});
    return exit;
}

void add_ends(CLI::App& cmd, TortureFlags& flags) {
    CLI::Option* gateway =
        cmd.add_option("--gateway", flags.gateway, "Gateway to ask; nothing else is dialled")
            ->type_name("HOST:PORT");
    CLI::Option* product =
        cmd.add_option("--product", flags.product,
                       "What that gateway is, so that the report says which setting mends what it "
                       "found: " +
                           peers::product_names())
            ->type_name("NAME");
    CLI::Option* peer = add_peer_flags(cmd, flags.peer)->excludes(product)->excludes(gateway);
    cmd.add_option("--sni", flags.sni, "Name that the gateway sends to the target (--peer: a.test)")
        ->type_name("NAME");
    CLI::Option* target =
        cmd.add_option(
               "--target", flags.target,
               "Listen here as the target, where the gateway must send NAME (--peer: any port)")
            ->type_name("ADDR:PORT");
    CLI::Option* decoy =
        cmd.add_option("--decoy", flags.decoy,
                       "Listen here as the decoy, where it may send everything else: its default "
                       "(--peer: any port)")
            ->type_name("ADDR:PORT");
    CLI::Option* elsewhere =
        cmd.add_option("--ends", flags.ends,
                       "Target and decoy are elsewhere, where torture serve runs them: its --admin")
            ->type_name("HOST:PORT");
    cmd.add_option("--identity", flags.identity,
                   "Public key that torture serve signs with: FILE.pub of its --identity")
        ->needs(elsewhere)
        ->type_name("FILE");
    elsewhere->excludes(target)->excludes(decoy)->excludes(peer);
}

void add_choice(CLI::App& cmd, TortureFlags& flags) {
    cmd.add_flag("--list", flags.list,
                 "Only list the shapes, as text: name, rule, what it is, its source")
        ->excludes("--json")
        ->excludes("--junit")
        ->excludes("--html");
    one_each(cmd.add_option("--only", flags.only,
                            "Only shapes of such names, as in 'rec/*'; may be repeated"))
        ->type_name("GLOB");
    cmd.add_option("--jobs", flags.jobs, "Shapes at once (default: 32)")
        ->transform(whole_number(1, 256))
        ->type_name("N");
    cmd.add_option("--seed", flags.seed,
                   "Fills what is random in the hellos: the same number, the same bytes "
                   "(default: 1)")
        ->transform(whole_number(0, 4'294'967'295))
        ->type_name("N");
}

}  // namespace

void add_torture(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<TortureFlags>();
    CLI::App* cmd = add_command(
        app, "torture", "Every shape of ClientHello through a gateway: what arrives, and where");
    add_ends(*cmd, *flags);
    add_duration(*cmd, "--timeout", flags->patience.answer,
                 "Wait so long for an answer or an end behind a hello");
    CLI::Option* hello = add_duration(
        *cmd, "--hello-timeout", flags->patience.hello,
        "The gateway's own limit for a hello that never ends; what --peer starts is told 2s");
    cmd->add_option("--baseline", flags->baseline,
                    "Document of a former --json: only what is worse than there fails")
        ->type_name("FILE");
    cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/torture/1");
    cmd->add_option("--junit", flags->junit,
                    "Write JUnit XML there, too, a test case for each shape; - for stdout in place "
                    "of the text")
        ->type_name("FILE");
    cmd->add_option(
           "--html", flags->html,
           "Write a page there, too, which needs nothing else; - for stdout in place of the text")
        ->type_name("FILE");
    add_choice(*cmd, *flags);
    cmd->footer(
        "Exits 1 when anything was misrouted, altered, lost or hung, or the gateway crashed, 4 "
        "when an ordinary hello does not arrive, 3 when of some nobody can tell.\n"
        "Example: sni-lab torture --gateway 127.0.0.1:9443 --sni a.test --target 127.0.0.1:10443 "
        "--decoy 127.0.0.1:10444");
    add_torture_serve(*cmd, chosen);
    add_torture_compare(*cmd, chosen);
    cmd->callback([flags, cmd, hello, &chosen] {
        if (!cmd->get_subcommands().empty()) return;
        if (hello->empty() && !flags->peer.peer.empty()) flags->patience.hello = kPeersHello;
        chosen = [flags](Streams io) { return run_torture(*flags, io); };
    });
}

}  // namespace sni::cli
