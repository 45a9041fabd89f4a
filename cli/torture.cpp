// sni-lab torture: what a gateway does with every shape of ClientHello.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include "certs/files.h"
#include "certs/output.h"
#include "cli/app.h"
#include "cli/checked.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/shell_quote.h"
#include "cli/signals.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor_limit.h"
#include "lab/net/resolve.h"
#include "lab/report/json.h"
#include "lab/torture/generator.h"
#include "lab/torture/live/ends.h"
#include "lab/torture/live/run.h"
#include "lab/torture/render.h"

namespace sni::cli {

namespace {

using torture::Shape;

constexpr const char* kListedName = "httpbin.example.com";

/// As the flags say it; nothing is parsed yet.
struct TortureFlags {
    std::string gateway;
    std::string sni;
    std::string target;
    std::string decoy;
    std::vector<std::string> only;
    unsigned jobs = 32;
    std::uint64_t seed = torture::kSeed;
    torture::Patience patience;
    std::filesystem::path baseline;
    std::filesystem::path junit;
    bool list = false;
    bool json = false;
};

std::vector<Shape> chosen_shapes(const TortureFlags& flags, const std::string& sni) {
    std::vector<Shape> shapes = torture::all_shapes(sni, flags.seed);
    if (flags.only.empty()) return shapes;
    for (const std::string& glob : flags.only) {
        const auto fits = [&](const Shape& shape) {
            return ::fnmatch(glob.c_str(), shape.name.c_str(), 0) == 0;
        };
        if (std::ranges::any_of(shapes, fits)) continue;
        refuse(fmt::format("--only: no shape is called \"{}\"", printable(glob)),
               "sni-lab torture --list shows all; quote a pattern, as in --only 'rec/*'");
    }
    std::erase_if(shapes, [&](const Shape& shape) {
        return std::ranges::none_of(flags.only, [&](const std::string& glob) {
            return ::fnmatch(glob.c_str(), shape.name.c_str(), 0) == 0;
        });
    });
    return shapes;
}

/// The command line that asks the same gateway, for whoever wants to see one shape again.
std::string command_of(const TortureFlags& flags) {
    std::string text = "sni-lab torture";
    const auto add = [&](const char* flag, const std::string& value) {
        text += fmt::format(" {} {}", flag, shell_quoted(value));
    };
    add("--gateway", flags.gateway);
    add("--sni", flags.sni);
    add("--target", flags.target);
    add("--decoy", flags.decoy);
    if (flags.seed != torture::kSeed) add("--seed", std::to_string(flags.seed));
    return text;
}

torture::Baseline baseline_of(const std::filesystem::path& file) {
    auto baseline = torture::read_baseline(certs::read_file(file));
    if (!baseline) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("{} is no baseline", printable(file.string())), baseline.error(),
                      "sni-lab torture --json > FILE writes one");
    }
    return std::move(*baseline);
}

/// Throws Failure unless an ordinary hello arrives at the target: nothing else would mean anything.
void require_target(const torture::Plan& plan, const TortureFlags& flags, torture::Ends& ends,
                    const net::Wakeup& stop) {
    const Shape ordinary = torture::ordinary_shape(flags.sni, flags.seed);
    const auto seen = torture::ask(plan.gateway, ordinary, plan.patience, ends, stop);
    if (!seen) return;
    if (seen->ending == torture::Ending::unconnected) {
        throw Failure(Exit::not_routed, code::kConnectFailed,
                      fmt::format("the gateway {} takes no connection", to_string(plan.gateway)),
                      seen->trouble, "start it, or name another with --gateway");
    }
    const torture::Finding found = torture::judge(ordinary, *seen);
    if (found.verdict == torture::Verdict::right) return;
    // Whoever answers in the target's place leaves open where the hello went.
    const bool nowhere = seen->answer.empty() || found.verdict == torture::Verdict::misrouted ||
                         found.how.starts_with("alert ");
    throw Failure(
        nowhere ? Exit::not_routed : Exit::inconclusive, code::kTortureNoTarget,
        fmt::format("the gateway does not send {} to the target {}; nothing else would mean "
                    "anything",
                    flags.sni, to_string(ends.target())),
        fmt::format("an ordinary hello: {}, {}", to_string(found.verdict), found.how),
        fmt::format("let {} pass {} on to {} as it is, and everything else to {}",
                    to_string(plan.gateway), flags.sni, to_string(ends.target()),
                    to_string(ends.decoy())));
}

/// As far as it came when a signal stopped it.
std::vector<std::optional<torture::Finding>> findings_of(torture::Plan plan,
                                                         const TortureFlags& flags,
                                                         torture::Ends& ends, Signals& signals,
                                                         std::ostream& err) {
    const Progress progress(err);
    plan.progress = [&](std::size_t done, std::size_t all) {
        progress.show(fmt::format("{} of {} shapes", done, all));
    };
    std::vector<std::optional<torture::Finding>> found(plan.shapes.size());
    std::stop_source stop;
    const net::Wakeup wake;
    const std::stop_callback on_stop(stop.get_token(), [&] { wake.call(); });
    drain(
        signals,
        [&] {
            require_target(plan, flags, ends, wake);
            if (!stop.stop_requested()) found = torture::run(plan, ends, stop.get_token());
        },
        [&] { stop.request_stop(); });
    return found;
}

/// What was asked, without what was not.
torture::Asked asked_of(const torture::Plan& plan, const TortureFlags& flags,
                        std::vector<std::optional<torture::Finding>> found) {
    torture::Asked asked{.gateway = to_string(plan.gateway),
                         .sni = flags.sni,
                         .seed = flags.seed,
                         .command = command_of(flags),
                         .wanted = plan.shapes.size()};
    for (std::size_t i = 0; i < found.size(); ++i) {
        std::optional<torture::Finding>& finding = found[i];
        if (!finding) continue;
        asked.shapes.push_back(plan.shapes[i]);
        asked.findings.push_back(std::move(*finding));
    }
    return asked;
}

Exit run_torture(TortureFlags flags, Streams io) {
    if (flags.list) {
        io.out << torture::to_list(
            chosen_shapes(flags, flags.sni.empty() ? kListedName : name_to_send(flags.sni)));
        return Exit::yes;
    }
    Checked checked;
    for (const auto& [flag, value] : {std::pair{"--gateway", &flags.gateway},
                                      {"--sni", &flags.sni},
                                      {"--target", &flags.target},
                                      {"--decoy", &flags.decoy}}) {
        if (value->empty()) checked.add(usage_mistake(fmt::format("{} is needed", flag)));
    }
    checked.throw_if_any();
    const Endpoint gateway = checked.take("--gateway", parse_gateway(flags.gateway), loopback(0));
    const Endpoint target = checked.take_listener("--target", flags.target);
    const Endpoint decoy = checked.take_listener("--decoy", flags.decoy);
    checked.throw_if_any();
    flags.sni = name_to_send(flags.sni);
    std::optional<torture::Baseline> baseline;
    if (!flags.baseline.empty()) baseline = baseline_of(flags.baseline);
    const torture::Plan plan{.gateway = net::resolve(gateway).front(),
                             .shapes = chosen_shapes(flags, flags.sni),
                             .jobs = flags.jobs,
                             .patience = flags.patience};
    refuse_two_on_stdout({{"--json", flags.json}, {"--junit", is_stdout(flags.junit)}});
    certs::clear_output(flags.junit);
    net::raise_descriptor_limit();
    Signals signals;  // before the threads of the ends
    torture::Ends ends(target, decoy);
    const torture::Asked asked =
        asked_of(plan, flags, findings_of(plan, flags, ends, signals, io.err));
    const torture::Baseline* const before = baseline ? &*baseline : nullptr;
    if (flags.json) {
        io.out << report::print(torture::to_json(asked, before));
    } else if (flags.junit != "-") {
        io.out << torture::to_text(asked, before);
    }
    io.out.flush();
    if (!flags.junit.empty()) certs::write_output(flags.junit, torture::to_junit(asked, before));
    const Exit exit = exit_of(asked, before);
    if (asked.findings.size() == asked.wanted) return exit;
    io.err << render({.level = Level::warning,
                      .code = std::string(code::kTortureStopped),
                      .message = fmt::format("{} of {} shapes were not asked",
                                             asked.wanted - asked.findings.size(), asked.wanted)});
    return exit;
}

void add_ends(CLI::App& cmd, TortureFlags& flags) {
    cmd.add_option("--gateway", flags.gateway, "Gateway to ask; nothing else is dialled")
        ->type_name("HOST:PORT");
    cmd.add_option("--sni", flags.sni, "Name that the gateway sends to the target")
        ->type_name("NAME");
    cmd.add_option("--target", flags.target,
                   "Listen here as the target, where the gateway must send NAME")
        ->type_name("ADDR:PORT");
    cmd.add_option("--decoy", flags.decoy,
                   "Listen here as the decoy, where it may send everything else: its default")
        ->type_name("ADDR:PORT");
}

}  // namespace

void add_torture(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<TortureFlags>();
    CLI::App* cmd = add_command(
        app, "torture", "Every shape of ClientHello through a gateway: what arrives, and where");
    add_ends(*cmd, *flags);
    cmd->add_flag("--list", flags->list,
                  "Only list the shapes: name, rule, what it is, its source");
    one_each(cmd->add_option("--only", flags->only,
                             "Only shapes of such names, as in 'rec/*'; may be repeated"))
        ->type_name("GLOB");
    cmd->add_option("--jobs", flags->jobs, "Shapes at once (default: 32)")
        ->transform(whole_number(1, 256))
        ->type_name("N");
    cmd->add_option("--seed", flags->seed,
                    "Fills what is random in the hellos: the same number, the same bytes "
                    "(default: 1)")
        ->transform(whole_number(0, 4'294'967'295))
        ->type_name("N");
    add_duration(*cmd, "--timeout", flags->patience.answer,
                 "Wait so long for an answer or an end behind a hello");
    add_duration(*cmd, "--hello-timeout", flags->patience.hello,
                 "The gateway's own limit for a hello that never ends");
    cmd->add_option("--baseline", flags->baseline,
                    "Document of a former --json: only what is worse than there fails")
        ->type_name("FILE");
    cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/torture/1");
    cmd->add_option("--junit", flags->junit,
                    "Write JUnit XML there, too, a test case for each shape; - for stdout in place "
                    "of the text")
        ->type_name("FILE");
    cmd->footer(
        "Exits 1 when anything was misrouted, altered, lost or hung, or the gateway crashed, 4 "
        "when an ordinary hello does "
        "not arrive, 3 when nobody can tell.\n"
        "Example: sni-lab torture --gateway 127.0.0.1:9443 --sni a.test --target 127.0.0.1:10443 "
        "--decoy 127.0.0.1:10444");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_torture(*flags, io); }; });
}

}  // namespace sni::cli
