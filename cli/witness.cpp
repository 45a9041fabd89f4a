// sni-lab witness: a relay without any TLS key that says, signed, what it carried.
#include <memory>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "certs/identity.h"
#include "certs/store.h"
#include "cli/access_lines.h"
#include "cli/app.h"
#include "cli/caught.h"
#include "cli/flags.h"
#include "cli/router_course.h"
#include "cli/served_identity.h"
#include "lab/witness/log.h"
#include "lab/witness/ops.h"
#include "lab/witness/record.h"

namespace sni::cli {

namespace {

struct WitnessFlags {
    RouterFlags relay;
    std::string identity;
    std::string name = "witness";
    std::size_t keep = 10'000;
    std::string log;
    std::size_t max_stalled = 16u << 20;
};

/// Clients are served whatever comes of it.
void look_again(ServedIdentity& served, std::ostream& err) {
    try {
        err << served.look();
    } catch (...) {
        tell_caught(err);
    }
}

Exit run_witness(const WitnessFlags& flags, Streams io) {
    Checked checked;
    router::Options options = options_of(flags.relay, checked);
    RouterCourse course = course_of(flags.relay, checked);
    checked.throw_if_any();
    const certs::Identity identity = certs::Identity::load_or_make(flags.identity);

    const Endpoint service = options.non_tls.value_or(loopback(0));
    ServedIdentity served(service, identity.public_key(), options.proxy_protocol);
    const std::string not_looked = served.look();
    if (served.served()) refuse_served_identity(service);

    Signals signals;
    Talk out(io.out);
    Talk err(io.err);
    if (const auto exposed = certs::exposed(flags.identity)) err.stream() << render(*exposed);
    fmt::print(err.stream(), "statements are signed with identity {}\n",
               identity.public_key().key_id());
    err.stream() << not_looked;
    std::unique_ptr<witness::Log> log;
    if (!flags.log.empty()) {
        log = std::make_unique<witness::Log>(flags.log, flags.name);
        course.on_ready = [&log] { log->begin(); };
    }
    witness::Record record(
        flags.keep,
        log ? [to = log.get()](proof::WitnessedSession one) { to->write(std::move(one)); }
            : std::function<void(proof::WitnessedSession)>(),
        flags.max_stalled);
    options.observe = [&record](const router::SessionRecord& connection) {
        return record.watch(connection);
    };
    witness::Ops ops(record, identity, flags.name, log.get(),
                     [&served] { return served.may_sign(); });
    const auto act = [&](router::Router&, Signals::Event) {
        look_again(served, err.stream());
        if (log) reopen_log([&log] { log->reopen(); }, err.stream(), "witness's log");
    };
    // A log on stdout is for match, which takes nothing else.
    Talk& tells_ready = flags.log == "-" ? err : out;
    route_until_stopped(route::RouteTable(), std::move(options), course, ops, act, signals,
                        tells_ready, err);
    if (log) {
        log->end();
        tell_lost_lines(log->lost(), err.stream(), "witness's log");
    }
    return Exit::yes;
}

}  // namespace

void add_witness(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<WitnessFlags>();
    CLI::App* cmd = add_command(
        app, "witness", "Stand beside a TLS service and say, signed, which bytes reached it");
    cmd->add_option("--to", flags->relay.to, "The service, to which every byte goes")
        ->type_name("HOST:PORT")
        ->required();
    cmd->add_option(
           "--identity", flags->identity,
           "Ed25519 key that signs what it states, made when the file is not there, and no "
           "key of a certificate that the service serves; FILE.pub is for verify "
           "--identity")
        ->type_name("FILE")
        ->required();
    cmd->add_option("--name", flags->name, "What it calls itself in statements")
        ->type_name("NAME")
        ->capture_default_str();
    cmd->add_option("--keep", flags->keep, "So many connections that ended are remembered")
        ->type_name("N")
        ->transform(whole_number(1, 1'000'000))
        ->capture_default_str();
    cmd->add_option("--log", flags->log,
                    "One JSON line for each connection that ended, behind what the file has; a "
                    "folder that is not there is made; - is stdout, and what else would be said "
                    "there is said on stderr")
        ->type_name("FILE|-");
    cmd->add_option("--max-stalled", flags->max_stalled,
                    "What large hellos that are not whole may hold together; beyond it the oldest "
                    "is passed on without being read")
        ->transform(whole_number(65'536, std::uint64_t{1} << 40))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd->add_option("--admin", flags->relay.admin,
                    "Serve /sessions, /metrics, /connections, /healthz and /readyz there")
        ->type_name("ADDR:PORT");
    add_relay_flags(*cmd, flags->relay);
    cmd->footer(
        "It has no TLS key, and opens nothing: sni-lab verify --witness asks it whether the bytes "
        "that\nleft a client are those that arrived. SIGHUP and SIGUSR1 begin --log anew; SIGTERM "
        "lets\nconnections finish, a second one stops.\n"
        "Example: sni-lab witness --listen 127.0.0.1:8443 --to 127.0.0.1:443 "
        "--identity witness.key --admin 127.0.0.1:9000");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_witness(*flags, io); }; });
}

}  // namespace sni::cli
