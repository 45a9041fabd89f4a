// The flags of sni-lab verify.
#include <memory>

#include <CLI/App.hpp>

#include "cli/flags.h"
#include "cli/pem_files.h"
#include "cli/trust.h"
#include "cli/verify.h"

namespace sni::cli {

namespace {

/// Which gateway, and by which name.
void add_whom(CLI::App& cmd, VerifyOptions& options) {
    cmd.add_option("scenario", options.scenario,
                   "Scenario to check (default: the running lab's, else passthrough); beside a "
                   "running lab it must be what that was started with. Without a "
                   "checks.yaml each of its names is asked and must be PROVEN, those whose TLS the "
                   "gateway ends as well");
    add_state(cmd, options.state);
    add_cluster(cmd, options.cluster);
    add_only_gateway(cmd, options.cluster, "--only-gateway");
    cmd.add_option("--gateway", options.gateway,
                   "HOST:PORT of any gateway in front of a sni-lab backend (default port: 443)")
        ->type_name("HOST:PORT")
        ->excludes("scenario");
    cmd.add_flag("-4,--ipv4", options.ipv4,
                 "Ask the gateway's IPv4 addresses alone (default: every address of its name)")
        ->needs("--gateway");
    cmd.add_flag("-6,--ipv6", options.ipv6, "Ask its IPv6 addresses alone")
        ->needs("--gateway")
        ->excludes("--ipv4");
    cmd.add_option("--sni", options.sni, "Name to send as SNI: ask for it alone")
        ->type_name("NAME");
    cmd.add_flag("--no-sni", options.no_sni, "Send no SNI")->excludes("--sni");
}

/// Whose signature counts.
void add_believed(CLI::App& cmd, VerifyOptions& options) {
    cmd.add_option("--identity", options.identity,
                   "Public half of the backend's identity (default: the state folder's)")
        ->type_name("FILE");
    add_trust_file(cmd, options.trust_file);
    cmd.add_option("--backend", options.backend, "Name that the backend must sign as its own")
        ->type_name("NAME");
}

void add_patience(CLI::App& cmd, VerifyOptions& options) {
    cmd.add_flag("--running", options.running,
                 "Only ever look at the running lab; exit 4 when there is none")
        ->excludes("--gateway");
    add_duration(cmd, "--wait", options.wait,
                 "Wait so long for the lab or the gateway to answer; 0: not at all", Zero::allowed);
    add_duration(cmd, "--timeout", options.timeout,
                 "Give up a probe after so long, the look-up of its name included; other clients "
                 "have 60s without it");
}

/// What our own client sends, and what must come back.
void add_question(CLI::App& cmd, VerifyOptions& options) {
    cmd.add_option("--cacert", options.cacert,
                   "The certificate's chain must lead to one in this PEM file")
        ->type_name("FILE");
    cmd.add_option("--pin", options.pin, "SHA-256 of the certificate, or of its public key, in hex")
        ->type_name("SHA256");
    add_hello(cmd, options.hello);
    cmd.add_option("--request", options.request, "Path to ask for instead of the check's own")
        ->type_name("PATH");
    cmd.add_option("--expect-status", options.expect_status, "Status that the answer must have")
        ->type_name("N")
        ->transform(whole_number(100, 999));
    cmd.add_option("--samples", options.samples,
                   "Connections for each name and address, each with its own nonce; from odd and "
                   "even ports in turns (default: 1)")
        ->type_name("N")
        ->transform(whole_number(1, 10'000));
}

void add_other_clients(CLI::App& cmd, VerifyOptions& options) {
    cmd.add_option("--clients", options.clients,
                   "Ask with these clients instead, each that is installed, side by side: curl, "
                   "chromium, openssl, python, node; with -- CMD… behind all flags any other runs: "
                   "{url} in its words is the URL to ask for, {connect} (or {proxy}) the "
                   "ADDRESS:PORT that leads to the gateway, and stdout what it answers; its exit "
                   "status is told, and no part of the verdict")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("NAMES");
    cmd.add_flag("--self-test", options.self_test,
                 "Also start every kind of cheating gateway, and demand that each is caught; with "
                 "--witness those that a witness must catch");
}

/// Evidence from connections beside the one that is judged.
void add_beside(CLI::App& cmd, VerifyOptions& options) {
    cmd.add_flag("--canary", options.canary,
                 "Also send an unusual ALPN list, on a connection of its own; it must arrive");
    CLI::Option* own = add_client_pair(cmd, options.client,
                                       "; it must arrive, which beside a witness equal bytes tell");
    cmd.add_option("--client-ca", options.client_ca,
                   "CA that the backend trusts for clients: make a client certificate for this "
                   "run; it must arrive")
        ->type_name("FILE")
        ->excludes(own);
    cmd.add_option("--client-ca-key", options.client_ca_key,
                   "Its key (default: beside it, with .key)")
        ->type_name("FILE")
        ->needs("--client-ca");
    cmd.add_option("--backend-admin", options.backend_admin,
                   "HOST:PORT of the backend's --admin: asked whether it saw our session where "
                   "no statement comes")
        ->type_name("HOST:PORT");
}

/// What there is for services that are not ours.
void add_strangers(CLI::App& cmd, VerifyOptions& options) {
    CLI::Option* const witness = cmd.add_option("--witness", options.witness,
                                                "HOST:PORT of the --admin of a sni-lab witness "
                                                "beside the service, which may be any: its "
                                                "statement is the proof, and --identity is its key")
                                     ->type_name("HOST:PORT");
    // A canary is judged by the statement of a backend of ours.
    witness->needs("--gateway")->needs("--identity")->excludes("--canary");
    cmd.add_flag("--tls-only", options.tls_only,
                 "Make no request after the handshake, for services that speak no HTTP")
        ->needs(witness)
        ->excludes("--request")
        ->excludes("--expect-status");
    cmd.add_option("--ticket-swap", options.ticket_swap,
                   "HOST:PORT that leads to the backend directly: a ticket earned there must be "
                   "taken through the gateway, too; for services that nobody may change")
        ->type_name("HOST:PORT");
}

/// Gives --every.
CLI::Option* add_watch(CLI::App& cmd, VerifyOptions& options) {
    CLI::Option* const every =
        add_duration(cmd, "--every", options.every,
                     "Go on, and ask again so often, give or take a quarter; tells what changes; "
                     "SIGTERM ends it with the last round's exit code, or 143 amid a round");
    cmd.add_option("--admin", options.watch_admin,
                   "With --every: serve /metrics, /probe, /report, /healthz and /readyz there")
        ->type_name("ADDR:PORT")
        ->needs(every);
    cmd.add_option("--on-change", options.on_change,
                   "With --every: run this by sh -c for each verdict, certificate or address that "
                   "is another one, with SNI_LAB_CHANGE, SNI_LAB_FROM, SNI_LAB_TO, "
                   "SNI_LAB_GATEWAY, SNI_LAB_ADDRESS, SNI_LAB_SNI and SNI_LAB_CHECK set")
        ->type_name("COMMAND")
        ->needs(every);
    cmd.add_flag("--exit-on-change", options.exit_on_change,
                 "With --every: end at the first change, with that round's exit code")
        ->needs(every);
    return every;
}

/// A watch has its pages in place of what tells of one round.
void add_output(CLI::App& cmd, VerifyOptions& options, CLI::Option* every) {
    cmd.add_flag("--json", options.json, "One JSON document, schema sni-lab/verify/1");
    cmd.add_option("--junit", options.junit,
                   "Write JUnit XML there, too; - for stdout in place of the text")
        ->type_name("FILE");
    cmd.add_option("--html", options.html,
                   "Write one self-contained page there, too; - for stdout in place of the text")
        ->type_name("FILE");
    cmd.add_flag("--github", options.github,
                 "Also print GitHub annotations, and append to $GITHUB_STEP_SUMMARY")
        ->excludes("--json");
    cmd.add_option(
           "--save", options.save,
           "Write the proof of verify's own client alone there, signed, for sni-lab proof check "
           "(default: STATE/proof.json, where there is a state folder); - for stdout in place of "
           "the text")
        ->type_name("FILE");
    cmd.add_flag("-v,--verbose", options.verbose, "Also print the equal openssl and curl lines");
    cmd.add_flag("-q,--quiet", options.quiet, "Only the verdict");
    for (const char* once : {"--json", "--junit", "--html", "--github", "--save", "--verbose"}) {
        every->excludes(once);
    }
}

}  // namespace

void add_verify(CLI::App& app, Action& chosen, const std::vector<std::string>& trailing) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* cmd =
        add_command(app, "verify", "Prove that TLS ends at the backend, and nowhere before it");
    add_whom(*cmd, *options);
    add_believed(*cmd, *options);
    add_patience(*cmd, *options);
    add_question(*cmd, *options);
    add_other_clients(*cmd, *options);
    add_beside(*cmd, *options);
    add_strangers(*cmd, *options);
    add_output(*cmd, *options, add_watch(*cmd, *options));
    cmd->footer(
        "Example: sni-lab verify --gateway 127.0.0.1:8443 --sni httpbin.example.com --identity "
        "identity.key.pub");
    cmd->callback([options, cmd, &chosen, &trailing] {
        options->command = trailing;
        options->timeout_given = cmd->count("--timeout") > 0;
        chosen = [options](Streams io) { return run_verify(*options, io); };
    });
}

}  // namespace sni::cli
