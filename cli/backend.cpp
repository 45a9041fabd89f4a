// sni-lab backend: the TLS backend alone, by flags.

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <malloc.h>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/access_lines.h"
#include "cli/app.h"
#include "cli/backend_flags.h"
#include "cli/caught.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/open_door.h"
#include "cli/signals.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "lab/admin/server.h"
#include "lab/backend/check_options.h"
#include "lab/backend/key_log.h"
#include "lab/backend/ops.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor_limit.h"

namespace sni::cli {

namespace {

constexpr std::chrono::milliseconds kDrain{10'000};

Exit run_backend(const BackendFlags& flags, Streams io);

}  // namespace

void add_backend(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<BackendFlags>();
    CLI::App* cmd =
        add_command(app, "backend",
                    "Serve httpbin's endpoints over TLS, and sign what it knows of each session");
    add_flags(*cmd, *flags);
    cmd->footer(
        "SIGHUP reads certificate and key again, for new connections, and opens --access-log anew; "
        "SIGUSR1 does only the latter; SIGTERM lets requests that have begun finish for 10 s, a "
        "second one stops.\n"
        "A request has at most 1000 query parameters, 1000 cookies, 100 headers, 10000 form "
        "fields, 1024 parts and 250000 JSON values in 500 levels, a line of 8 KiB and a head of 64 "
        "KiB; what has more is refused with 414, 431 or 413.\n"
        "A client has 10 s for its handshake, 10 s for a request's head, 60 s for its body and "
        "60 s between requests; one that takes no byte of its answer for 30 s is cut. 4096 "
        "connections "
        "may be open, or half as many as descriptors; beyond it the one idle longest makes room.\n"
        "--admin's /metrics has each limit on memory and connections, what there is of it now, and "
        "how often it was hit.\n"
        "Example: sni-lab backend --listen 127.0.0.1:9443 --cert httpbin.example.com.crt --key "
        "httpbin.example.com.key");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_backend(*flags, io); }; });
}

namespace {

/// The backend refuses a TLS key as its identity; here, before its public half is written.
void refuse_tls_key(const std::string& identity, const backend::Options& options) {
    std::error_code none;  // of a loop of links, too: whoever reads it says so
    if (!std::filesystem::is_regular_file(identity, none)) return;
    const certs::KeyPem key(certs::read_file(identity));
    if (!certs::check_pair(options.chain_pem, key)) return;
    throw Failure(Exit::usage,
                  Diagnostic{.code = std::string(code::kBadIdentity),
                             .place = {.file = identity},
                             .message = "this is the key of the certificate that is served",
                             .why = "whoever ends TLS with it could sign the backend's statements",
                             .hint = "name a file that is not there yet: an identity is made"});
}

certs::Identity identity_of(const BackendFlags& flags, const backend::Options& options) {
    if (!flags.identity.empty()) {
        refuse_tls_key(flags.identity, options);
        return certs::Identity::load_or_make(flags.identity);
    }
    certs::make_private_folder(default_state());
    return certs::Identity::load_or_make(identity_file(default_state()));
}

/// Large bodies go back to the machine when they are done with, and not into a heap that grows to
/// what one of them took. Smaller ones stay, which is faster.
void give_large_memory_back() {
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

Diagnostic warning_of_key_log(const std::string& file) {
    return {.level = Level::warning,
            .code = std::string(code::kBackendKeyLog),
            .message = fmt::format("TLS secrets are written to \"{}\"", printable(file)),
            .why = "whoever reads it can read every connection of this backend"};
}

void reload(backend::Backend& server, const BackendFlags& flags, backend::Ops& ops,
            std::ostream& err) {
    try {
        const certs::CertBundle pair = read_pair(flags);
        server.reload(pair.chain_pem(), pair.key);
        ops.reloaded(true);
        const auto chain = certs::inspect(pair.cert_pem);
        fmt::print(err, "reloaded: new connections get the certificate {}\n",
                   chain ? to_fingerprint(chain->front().sha256) : "");
    } catch (...) {  // no memory: clients are served all the same
        tell_caught(err);
        ops.reloaded(false);
        err << "not reloaded: certificate and key before stay\n";
    }
}

std::chrono::milliseconds lame_duck_time(const std::string& text) {
    const auto time = parse_duration(text);
    if (!time) refuse("--lame-duck: " + time.error(), "as in --lame-duck 15s");
    return *time;
}

/// Lets requests finish; another stop signal ends that.
void let_finish(backend::Backend& server, std::chrono::milliseconds within, Drain& drain,
                Signals& signals, const std::function<void()>& reopen, std::ostream& err) {
    fmt::print(err, "stopping: requests may finish for {}\n", to_string(within));
    drain.run(
        signals, [&] { server.stop(within); }, [&] { server.stop(std::chrono::milliseconds(0)); },
        reopen);
}

std::optional<Diagnostic> exposed_identity(const BackendFlags& flags) {
    return certs::exposed(flags.identity.empty() ? identity_file(default_state())
                                                 : std::filesystem::path(flags.identity));
}

/// What whoever started it should know before anybody connects.
void greet(const backend::Backend& server, const admin::Server* admin, const std::string& key_id,
           Talk& out, Talk& err) {
    if (const auto plain = server.listening_plain()) {
        warn_if_open(*plain, err.stream());
        fmt::print(err.stream(), "without TLS on {}\n", to_string(*plain));
    }
    if (admin) warn_if_open(admin->local(), err.stream());
    fmt::print(err.stream(), "statements are signed with identity {}\n", key_id);
    fmt::print(out.stream(), "ready {}\n", to_string(server.listening()));
    if (admin) fmt::print(out.stream(), "admin {}\n", to_string(admin->local()));
    out.stream().flush();
}

/// Until the second stop signal, or until what has begun is done.
void serve(backend::Backend& server, std::chrono::milliseconds lame_duck, backend::Ops& ops,
           Drain& drain, Signals& signals, const std::function<void(Signals::Event)>& act,
           std::ostream& err) {
    for (auto event = signals.wait(); event != Signals::Event::stop; event = signals.wait()) {
        act(event);
    }
    ops.draining();
    const bool patient = be_lame_duck(lame_duck, signals, act, err);
    let_finish(
        server, patient ? kDrain : std::chrono::milliseconds(0), drain, signals,
        [&] { act(Signals::Event::reopen); }, err);
}

Exit run_backend(const BackendFlags& flags, Streams io) {
    backend::Options options = options_of(flags);
    const std::chrono::milliseconds lame_duck = lame_duck_time(flags.lame_duck);
    // Before anything is made: bad input changes nothing on disk.
    std::vector<Diagnostic> warnings = backend::check_options(options);
    std::optional<Endpoint> admin_address;
    if (!flags.admin.empty()) admin_address = listener("--admin", flags.admin);
    net::raise_descriptor_limit();
    give_large_memory_back();
    std::optional<backend::KeyLog> key_log;
    if (!flags.key_log.empty()) {
        key_log.emplace(flags.key_log);
        options.key_log = [&key_log](std::string_view line) { key_log->write(line); };
        warnings.push_back(warning_of_key_log(flags.key_log));
    }
    options.identity = identity_of(flags, options);
    const std::string key_id = options.identity->public_key().key_id();
    if (const auto exposed = exposed_identity(flags)) warnings.push_back(*exposed);

    Signals signals;
    Drain drain;
    Talk out(io.out);
    Talk err(io.err);
    AccessLines log(flags.access_log, &err);
    options.access_log = log.sink();
    // The pages are there before the backend and as long as it drains, and ask it no more
    // afterwards.
    backend::Ops ops;
    std::optional<backend::Backend> serving;
    std::optional<admin::Server> admin;
    if (admin_address) admin.emplace(*admin_address, ops.pages());
    backend::Backend& server = serving.emplace(std::move(options));
    ops.ready({&server}, [&log] { return log.lost(); });
    warn_if_open(server.listening(), err.stream());
    for (const Diagnostic& warning : warnings) {
        err.stream() << render(warning);
    }
    greet(server, admin ? &*admin : nullptr, key_id, out, err);
    const auto act = [&](Signals::Event event) {
        log.reopen(err.stream());
        if (event == Signals::Event::reload) reload(server, flags, ops, err.stream());
    };
    serve(server, lame_duck, ops, drain, signals, act, err.stream());
    log.finish(err.stream());
    return Exit::yes;
}

}  // namespace

}  // namespace sni::cli
