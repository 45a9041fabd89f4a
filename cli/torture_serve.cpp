// sni-lab torture serve: the two ends where a gateway can reach them, when torture itself is
// elsewhere.
#include <memory>
#include <ostream>

#include <CLI/App.hpp>
#include <fmt/ostream.h>

#include "certs/identity.h"
#include "certs/store.h"
#include "cli/checked.h"
#include "cli/flags.h"
#include "cli/signals.h"
#include "cli/torture.h"
#include "lab/admin/server.h"
#include "lab/net/descriptor_limit.h"
#include "lab/torture/live/remote_ends.h"

namespace sni::cli {

namespace {

struct ServeFlags {
    std::string target;
    std::string decoy;
    std::string admin;
    std::filesystem::path identity;
};

Exit run_serve(const ServeFlags& flags, Streams io) {
    Checked checked;
    const Endpoint target = checked.take_listener("--target", flags.target);
    const Endpoint decoy = checked.take_listener("--decoy", flags.decoy);
    const Endpoint page = checked.take_listener("--admin", flags.admin);
    checked.throw_if_any();
    const certs::Identity identity = certs::Identity::load_or_make(flags.identity);
    net::raise_descriptor_limit();
    Signals signals;
    torture::Ends ends(target, decoy);
    const admin::Server admin(page, pages_of(ends, identity));
    if (const auto exposed = certs::exposed(flags.identity)) io.err << render(*exposed);
    fmt::print(io.err, "statements are signed with identity {}\n", identity.public_key().key_id());
    fmt::print(io.err, "target {}, decoy {}, admin page {}\n", to_string(ends.target()),
               to_string(ends.decoy()), to_string(admin.local()));
    fmt::print(io.out, "ready {}\n", to_string(ends.target()));
    io.out.flush();
    io.err.flush();
    while (signals.wait() != Signals::Event::stop) {
    }
    return Exit::yes;
}

}  // namespace

void add_torture_serve(CLI::App& torture, Action& chosen) {
    auto flags = std::make_shared<ServeFlags>();
    CLI::App* cmd = add_command(torture, "serve",
                                "Only listen as target and decoy, and say, signed, what they get");
    cmd->add_option("--target", flags->target,
                    "Listen here as the target, where the gateway must send the name")
        ->required()
        ->type_name("ADDR:PORT");
    cmd->add_option("--decoy", flags->decoy,
                    "Listen here as the decoy, where it may send everything else: its default")
        ->required()
        ->type_name("ADDR:PORT");
    cmd->add_option("--admin", flags->admin,
                    "Serve /arrival and /healthz there: what torture --ends asks")
        ->required()
        ->type_name("ADDR:PORT");
    cmd->add_option("--identity", flags->identity,
                    "Ed25519 key that signs what it states, made when the file is not there; "
                    "FILE.pub is for torture --identity")
        ->required()
        ->type_name("FILE");
    cmd->footer(
        "Example: sni-lab torture serve --target 0.0.0.0:10443 --decoy 0.0.0.0:10444 --admin "
        "0.0.0.0:9000 --identity torture.key");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_serve(*flags, io); }; });
}

}  // namespace sni::cli
