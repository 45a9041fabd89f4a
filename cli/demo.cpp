// sni-lab demo: the tutorial in one process, and the gateway that cheats beside the one that does
// not.
#include <chrono>
#include <memory>
#include <ostream>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/lab_setup.h"
#include "cli/terminal.h"
#include "lab/client/observe.h"
#include "lab/core/encoding.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/judge/judge.h"
#include "lab/report/json.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

using proof::Verdict;

struct Stage {
    const RunningLab& running;
    const scenario::Check& check;
    std::chrono::sys_seconds now;
};

/// The same question to any gateway in front of the lab's backend.
proof::Check ask(const Stage& stage, const Endpoint& gateway, std::string name) {
    const auto evidence = client::observe(
        {.gateway = gateway, .sni = stage.check.sni, .request = stage.check.request},
        stage.running.identity);
    return proof::judge(evidence,
                        {.identity_key_id = stage.running.identity.key_id(),
                         .leaf_sha256 = stage.running.record.leaf_for(stage.check.sni),
                         .status = stage.check.status,
                         .backend = stage.check.backend,
                         .now = stage.now},
                        std::move(name));
}

/// How a line went, in a word; the two gateways stand side by side in a table.
std::string_view word(const proof::Check& check, std::string_view line_name) {
    for (const proof::Line& line : check.lines) {
        if (line.name == line_name) return line.mark == proof::Mark::pass ? "passes" : "FAILS";
    }
    return "missing";
}

void compare(const proof::Check& honest, const proof::Check& cheat, std::ostream& out) {
    const auto row = [&](std::string_view what, std::string_view line) {
        out << fmt::format("  {:<44} {:<16} {}\n", what, word(honest, line), word(cheat, line));
    };
    out << fmt::format("  {:<44} {:<16} {}\n", "", "router", "cheating gateway");
    row("certificate: name, as browsers check it", "name");
    row("certificate: fingerprint is the backend's", "own");
    row("answer: 418 I'm a teapot", "answer");
    row("one TLS session from end to end", "session");
    row("every byte arrives as it was sent", "sent");
    row("the same ClientHello at both ends", "hello");
    out << fmt::format("  {:<44} {:<16} {}\n\n", "verdict", to_string(honest.verdict),
                       to_string(cheat.verdict));
}

/// The two gateways' reports side by side, for programs.
nlohmann::json demo_json(const proof::Check& honest, const proof::Check& cheat, Exit exit) {
    return {{"schema", "sni-lab/demo/1"},
            {"caught", cheat.verdict == Verdict::terminated},
            {"exit", static_cast<int>(exit)},
            {"router", report::to_json(honest)},
            {"cheating_gateway", report::to_json(cheat)}};
}

std::string banner(const RunningLab& running, const Endpoint& router) {
    const Certificate& certificate = running.certificates.front();
    const BackendRecord& backend = running.record.backends.front();
    return fmt::format(
        "1  certgen  {}, {}, self-signed; in memory, nothing is written\n"
        "            SHA-256 {}\n"
        "2  up       backend {} on {}, router on {}\n"
        "3  verify   through the router\n\n",
        printable(certificate.facts.subject), certificate.facts.key,
        to_fingerprint(certificate.facts.sha256), backend.name, to_string(backend.endpoint),
        to_string(router));
}

Exit run_demo(bool as_json, Streams io) {
    const auto began = std::chrono::steady_clock::now();
    const auto now = wall_clock();
    const Loaded loaded = load("passthrough", false, "default");

    const RunningLab running = start(loaded, {.now = now});
    const Certificate& certificate = running.certificates.front();
    const BackendRecord& backend = running.record.backends.front();
    const Endpoint router = running.record.gates.front().endpoint;
    std::ostream nowhere(nullptr);
    std::ostream& talk = as_json ? nowhere : io.out;
    talk << banner(running, router);

    const Stage stage{running, loaded.checks.front(), now};
    const proof::Check honest = ask(stage, router, stage.check.name);
    talk << report::to_text(honest, style_of(io.out));

    const gateways::CheatingGateway gateway({.backend = backend.endpoint,
                                             .chain_pem = certificate.bundle.chain_pem(),
                                             .key = certificate.bundle.key});
    talk << fmt::format(
        "\n4  a gateway on {} that has the backend's certificate and key, decrypts and encrypts "
        "again\n\n",
        to_string(gateway.listening()));
    const proof::Check cheat = ask(stage, gateway.listening(), "a gateway that re-encrypts");
    compare(honest, cheat, talk);

    const bool caught = cheat.verdict == Verdict::terminated;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    talk << fmt::format(
        "{}; the cheating gateway was {}.  {} ms\n\n", proof::headline(honest.verdict),
        caught ? "caught" : "NOT caught: this proof proves nothing here", took.count());
    talk << "Next: sni-lab up --detach, sni-lab verify, sni-lab down\n";
    const Exit exit = worse(honest.exit(), caught ? Exit::yes : Exit::inconclusive);
    if (as_json) io.out << report::print(demo_json(honest, cheat, exit));
    return exit;
}

}  // namespace

void add_demo(CLI::App& app, Action& chosen) {
    CLI::App* cmd = add_command(
        app, "demo", "certgen, up, verify and a cheating gateway that must be caught, in one go");
    cmd->footer("Example: sni-lab demo");
    auto as_json = std::make_shared<bool>(false);
    cmd->add_flag("--json", *as_json, "One JSON document, schema sni-lab/demo/1");
    cmd->callback(
        [as_json, &chosen] { chosen = [as_json](Streams io) { return run_demo(*as_json, io); }; });
}

}  // namespace sni::cli
