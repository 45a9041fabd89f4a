// sni-lab bench: what a router costs, against no router and against its peers.
#include <chrono>
#include <memory>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "lab/bench/load/run.h"
#include "lab/bench/render.h"
#include "lab/client/dial.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/resolve.h"
#include "lab/net/timer.h"
#include "lab/peers/product.h"

namespace sni::cli {

namespace {

constexpr std::size_t kRepetitions = 8;
constexpr std::size_t kQuickRepetitions = 2;

/// As the flags say it; nothing is parsed yet.
struct BenchFlags {
    std::string modes;
    std::size_t repetitions = 0;
    bool quick = false;
    std::vector<std::string> max_ratio;
    std::string gateway;
    std::string sni;
    std::string against;
    std::vector<std::string> peers;
    bool json = false;
};

Exit run_bench(const BenchFlags& flags, Streams io);

}  // namespace

void add_bench(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<BenchFlags>();
    CLI::App* cmd = add_command(
        app, "bench", "Measure what a router costs: none, ours and each installed peer, in turns");
    cmd->add_option("--modes", flags->modes,
                    "Some of raw,handshake,down1,down16,up1,up16,pingpong,idle,routes (default: "
                    "all)")
        ->type_name("LIST");
    cmd->add_option("--repetitions", flags->repetitions,
                    fmt::format("How often each takes its turn (default: {}, quick: {})",
                                kRepetitions, kQuickRepetitions))
        ->transform(whole_number(1, 1'000))
        ->type_name("N");
    cmd->add_flag("--quick", flags->quick, "A little load: seconds, but no figures to rely on");
    cmd->add_option("--max-ratio", flags->max_ratio,
                    "Exit 1 when ours / best peer is above; the mode's first measure, or "
                    "MODE.MEASURE as in raw.p99=1.1; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("MODE=R");
    CLI::Option* gateway =
        cmd->add_option("--gateway", flags->gateway,
                        "Measure this running router instead, by rate and latency (raw, handshake)")
            ->type_name("HOST:PORT");
    cmd->add_option("--sni", flags->sni, "Name to ask the gateway for; a TLS backend answers to it")
        ->needs(gateway)
        ->type_name("NAME");
    CLI::Option* against =
        cmd->add_option("--against", flags->against,
                        "Measure this other sni-lab too, such as the one before a change")
            ->check(CLI::ExistingFile)
            ->type_name("FILE");
    CLI::Option* peer =
        cmd->add_option("--peer", flags->peers,
                        "Measure this haproxy, nginx, sniproxy or envoy too, such as a newer one; "
                        "may be repeated")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->type_name("PRODUCT=FILE");
    gateway->needs("--sni")->excludes("--max-ratio")->excludes(against)->excludes(peer);
    cmd->add_flag("--json", flags->json, "One JSON document, schema sni-lab/bench/1");
    cmd->footer(
        "Measures haproxy, nginx (stream), sniproxy and envoy where they are installed. Only "
        "ratios of "
        "one run count.\n"
        "Example: sni-lab bench --modes raw,down16 --peer haproxy=/opt/haproxy-3 --max-ratio "
        "raw=0.95");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_bench(*flags, io); }; });
}

namespace {

template <class T>
T take(const char* flag, Result<T, std::string> result) {
    if (!result) refuse(fmt::format("{}: {}", flag, result.error()));
    return std::move(*result);
}

/// Load goes nowhere else: what is measured there would be the network, and somebody's service.
Endpoint loopback_gateway(const std::string& text) {
    const Endpoint named = take("--gateway", parse_endpoint(text));
    if (named.kind == Endpoint::Kind::unix_path)
        refuse(fmt::format("--gateway: \"{}\" is not HOST:PORT", printable(text)));
    const Endpoint endpoint = net::resolve(named).front();
    if (!is_loopback(endpoint)) {
        refuse(fmt::format("--gateway: {} is not on this machine's loopback", to_string(endpoint)),
               "bench puts load on loopback only");
    }
    return endpoint;
}

bench::PeerAt peer_of(const std::string& text) {
    const std::size_t equals = text.find('=');
    const auto product = peers::product_named(text.substr(0, equals));
    if (equals == std::string::npos || !product || !bench::is_measured(*product)) {
        refuse(fmt::format("--peer: \"{}\" is not PRODUCT=FILE", printable(text)),
               "PRODUCT is haproxy, nginx, sniproxy or envoy");
    }
    return {*product, text.substr(equals + 1)};
}

bench::Plan plan_of(const BenchFlags& flags) {
    bench::Plan plan;
    plan.quick = flags.quick;
    plan.repetitions = flags.repetitions > 0 ? flags.repetitions
                       : flags.quick         ? kQuickRepetitions
                                             : kRepetitions;
    if (!flags.gateway.empty()) {
        plan.gateway = loopback_gateway(flags.gateway);
        plan.sni = flags.sni;
        plan.modes = {bench::Mode::raw, bench::Mode::handshake};
    } else {
        plan.modes.assign(std::begin(bench::kModes), std::end(bench::kModes));
    }
    if (!flags.modes.empty()) plan.modes = take("--modes", bench::parse_modes(flags.modes));
    for (const bench::Mode mode : plan.modes) {
        if (!plan.gateway || mode == bench::Mode::raw || mode == bench::Mode::handshake) continue;
        refuse(fmt::format("--modes: {} cannot be measured through a gateway", to_string(mode)),
               "it needs the bench's own backend; raw and handshake work with any");
    }
    plan.other = flags.against;
    for (const std::string& text : flags.peers) {
        plan.peers.push_back(peer_of(text));
    }
    for (const std::string& text : flags.max_ratio) {
        const bench::Gate gate = take("--max-ratio", bench::parse_gate(text));
        if (std::ranges::find(plan.modes, gate.mode) == plan.modes.end()) {
            refuse(fmt::format("--max-ratio: {} is not among --modes", to_string(gate.mode)),
                   fmt::format("add {} to --modes", to_string(gate.mode)));
        }
        plan.gates.push_back(gate);
    }
    return plan;
}

/// When a signal stops it, everything is put away in order. Throws Failure then, with 128 and the
/// signal's number: that is no answer.
bench::Report run_interruptible(const bench::Plan& plan, std::ostream& err) {
    Signals signals(Signals::Hangup::stops);
    const Progress progress(err);
    bench::Report report;
    std::stop_source stop;
    Drain().run(
        signals,
        [&] {
            try {
                report = bench::run(plan, stop.get_token(),
                                    [&](const std::string& text) { progress.show(text); });
            } catch (const Failure& failure) {
                if (failure.diagnostics().front().code != code::kBenchStopped) throw;
                throw Failure(static_cast<Exit>(128 + Signals::stopped_by()),  // NOLINT
                              failure.diagnostics());
            }
        },
        [&] { stop.request_stop(); }, [] {});
    return report;
}

/// What stands between the figures and their use; the exit code says the same.
void warn(const bench::Report& report, std::ostream& err) {
    for (const std::string& error : report.errors) {
        err << render({.code = std::string(code::kBenchErrors), .message = error});
    }
    for (const bench::GateResult& result : bench::judge(report)) {
        if (result.kept()) continue;
        err << render({.code = std::string(code::kBenchGate),
                       .message = fmt::format("{} is not kept", to_string(result.gate)),
                       .why = result.found ? fmt::format("ours is {:.2f} of {}; {} is allowed",
                                                         result.found->ratio.median,
                                                         result.found->peer, result.gate.limit)
                                           : "there is no peer's figure to compare with"});
    }
    if (report.machine.steal > bench::kMaxSteal) {
        err << render({.level = Level::warning,
                       .code = std::string(code::kBenchSteal),
                       .message = fmt::format("{:.1f} % of the CPU time was stolen",
                                              report.machine.steal * 100),
                       .hint = "repeat it when the machine's neighbours are quiet"});
    }
}

/// Thousands of refused connections would tell no more than one.
void require_gateway(const Endpoint& gateway) {
    constexpr std::chrono::seconds kPatience{5};
    const auto reached = client::connect_to(gateway, net::Clock::now() + kPatience);
    if (reached) return;
    const bool refused = reached.error().how == proof::Break::refused;
    throw Failure(Exit::not_routed, refused ? code::kConnectRefused : code::kConnectFailed,
                  fmt::format("the gateway {} takes no connection", to_string(gateway)),
                  reached.error().detail, "start it, or name another with --gateway");
}

Exit run_bench(const BenchFlags& flags, Streams io) {
    const bench::Plan plan = plan_of(flags);
    if (plan.gateway) require_gateway(*plan.gateway);
    const bench::Report report = run_interruptible(plan, io.err);
    if (flags.json) {
        io.out << bench::to_json(report).dump(2, ' ', false,
                                              nlohmann::json::error_handler_t::replace)
               << '\n';
    } else {
        io.out << bench::to_text(report);
    }
    warn(report, io.err);
    return bench::exit_of(report);
}

}  // namespace

}  // namespace sni::cli
