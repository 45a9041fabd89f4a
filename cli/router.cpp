// sni-lab router: the SNI router alone, by flags.
#include "lab/router/router.h"

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/accept_troubles.h"
#include "cli/access_lines.h"
#include "cli/app.h"
#include "cli/checked.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/open_door.h"
#include "cli/router_flags.h"
#include "cli/routes_input.h"
#include "cli/signals.h"
#include "cli/talk.h"
#include "lab/admin/server.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/net/descriptor_limit.h"
#include "lab/router/access_log.h"
#include "lab/router/ops.h"
#include "lab/router/table.h"

namespace sni::cli {

namespace {

Exit run_router(const RouterFlags& flags, Streams io);

}  // namespace

void add_router(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<RouterFlags>();
    CLI::App* cmd = add_command(
        app, "router", "Route TLS connections by SNI to their backends, without opening them");
    add_flags(*cmd, *flags);
    cmd->footer(
        "SIGHUP reads --routes again and opens --access-log anew, SIGUSR1 does only the latter;\n"
        "SIGTERM lets connections finish, a second one stops.\n"
        "A backend of weight 0 gets no new connections.\n"
        "Example: sni-lab router --listen 127.0.0.1:8443 --route "
        "httpbin.example.com=127.0.0.1:9443");
    cmd->callback(
        [flags, &chosen] { chosen = [flags](Streams io) { return run_router(*flags, io); }; });
}

namespace {

/// Says what came of it.
std::string raise_descriptor_limit() {
    const net::DescriptorLimit limit = net::raise_descriptor_limit();
    if (limit.now == limit.before) return fmt::format("{}", limit.before);
    return fmt::format("{} (raised from {})", limit.now, limit.before);
}

/// Loud, since it may be a typo; but other routes go on.
void warn_of_names(const router::Router& router, std::ostream& err) {
    for (Diagnostic& missing : unresolved(*router.table())) {
        missing.level = Level::warning;
        err << render(missing);
    }
}

void write_records(router::Options& options, const RouterFlags& flags,
                   std::unique_ptr<router::AccessLog>& log) {
    if (flags.access_log.empty() || flags.access_log == "off") return;
    log = std::make_unique<router::AccessLog>(flags.access_log);
    options.fingerprint = true;
    options.on_record = [to = log.get(),
                         probes = flags.log_probes == "yes"](router::SessionRecord&& record) {
        if (probes || !is_probe(record)) to->write(std::move(record));
    };
}

void warn_if_too_many(const router::Router& router, std::ostream& err) {
    if (router.max_connections() <= router.descriptors_allow()) return;
    err << render(
        {.level = Level::warning,
         .code = std::string(code::kTooFewDescriptors),
         .message = fmt::format("--max-connections {} is more than descriptors allow",
                                router.max_connections()),
         .why = fmt::format("two for each, and some for the router itself, are enough for "
                            "{}; beyond it clients wait",
                            router.descriptors_allow()),
         .hint = "raise the hard limit (ulimit -Hn, LimitNOFILE=), or lower the flag"});
}

/// A bad file changes nothing.
void reload(router::Router& router, const RouterFlags& flags, router::Ops& ops, std::ostream& err) {
    try {
        Checked checked;
        route::RouteTable routes = load_routes(flags, checked, std::chrono::seconds(2));
        checked.throw_if_any();
        const std::size_t count = routes.routes().size();
        router.reload(std::move(routes));
        ops.reloaded(true);
        warn_of_names(router, err);
        fmt::print(err, "reloaded: {} route{}\n", count, count == 1 ? "" : "s");
    } catch (const Failure& failure) {
        for (const Diagnostic& diagnostic : failure.diagnostics()) {
            err << render(diagnostic);
        }
        ops.reloaded(false);
        err << "not reloaded: the routes before stay\n";
    } catch (const std::bad_alloc&) {
        ops.reloaded(false);
        err << "not reloaded, for want of memory: the routes before stay\n";
    }
}

/// Until a signal says stop; `act` is called for every other one.
void route_until_stopped(Signals& signals, const std::function<void(Signals::Event)>& act,
                         AcceptTroubles& troubles, std::ostream& err) {
    constexpr std::chrono::milliseconds kLook{1'000};
    for (;;) {
        const auto event = signals.wait_for(kLook);
        if (event == Signals::Event::stop) return;
        if (event) act(*event);
        troubles.tell(err);
    }
}

/// Lets connections finish; another stop signal ends that.
void let_finish(router::Router& router, std::chrono::milliseconds within, Signals& signals,
                std::ostream& err) {
    fmt::print(err, "stopping: connections may finish for {}\n", to_string(within));
    std::size_t cut = 0;
    drain(signals, [&] { cut = router.stop(within); }, [&] { router.stop(); });
    if (cut > 0) fmt::print(err, "cut: {} connection{}\n", cut, cut == 1 ? "" : "s");
}

Exit run_router(const RouterFlags& flags, Streams io) {
    Checked checked;
    router::Options options = options_of(flags, checked);
    const auto drain_timeout = checked.take("--drain-timeout", parse_duration(flags.drain_timeout),
                                            std::chrono::milliseconds(10'000));
    const auto lame_duck =
        checked.take("--lame-duck", parse_duration(flags.lame_duck), std::chrono::milliseconds(0));
    std::optional<Endpoint> admin_address;
    if (!flags.admin.empty()) admin_address = checked.take_listener("--admin", flags.admin);
    route::RouteTable routes = load_routes(flags, checked);
    checked.throw_if_any();
    const std::string descriptors = raise_descriptor_limit();

    Signals signals;
    Talk out(io.out);
    Talk err(io.err);
    std::unique_ptr<router::AccessLog> log;
    write_records(options, flags, log);
    if (const auto once = read_once_warning(flags.routes_file)) err.stream() << render(*once);
    AcceptTroubles troubles;
    options.on_trouble = [&troubles](const Endpoint& listening, int error) {
        troubles.add(listening, error);
    };
    // The pages are there before the router and as long as it drains, and ask it no more
    // afterwards.
    router::Ops ops(log.get());
    std::unique_ptr<router::Router> router;
    std::optional<admin::Server> admin;
    if (admin_address) admin.emplace(*admin_address, ops.pages());
    router = std::make_unique<router::Router>(std::move(routes), std::move(options));
    ops.ready(*router);
    fmt::print(err.stream(), "descriptors: {}; connections at once: {}\n", descriptors,
               router->max_connections());
    warn_if_too_many(*router, err.stream());
    for (const Endpoint& endpoint : router->listening()) {
        warn_if_open(endpoint, err.stream());
        fmt::print(out.stream(), "ready {}\n", to_string(endpoint));
    }
    warn_of_names(*router, err.stream());
    if (admin) {
        warn_if_open(admin->local(), err.stream());
        fmt::print(out.stream(), "admin {}\n", to_string(admin->local()));
    }
    out.stream().flush();

    const auto act = [&](Signals::Event event) {
        if (log) reopen_log([&log] { log->reopen(); }, err.stream());
        if (event == Signals::Event::reload) reload(*router, flags, ops, err.stream());
    };
    route_until_stopped(signals, act, troubles, err.stream());
    ops.draining();
    const bool patient = be_lame_duck(lame_duck, signals, act, err.stream());
    let_finish(*router, patient ? drain_timeout : std::chrono::milliseconds(0), signals,
               err.stream());
    if (log) tell_lost_lines(log->lost(), err.stream());
    return Exit::yes;
}

}  // namespace

}  // namespace sni::cli
