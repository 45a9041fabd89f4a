// sni-lab router: the SNI router alone, by flags.
#include "lab/router/router.h"

#include <memory>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/access_lines.h"
#include "cli/app.h"
#include "cli/caught.h"
#include "cli/checked.h"
#include "cli/flags.h"
#include "cli/router_course.h"
#include "cli/router_flags.h"
#include "cli/routes_input.h"
#include "cli/signals.h"
#include "cli/talk.h"
#include "lab/core/codes.h"
#include "lab/router/access_log.h"
#include "lab/router/ops.h"

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
    } catch (...) {  // no thread, no memory: clients are served all the same
        tell_caught(err);
        ops.reloaded(false);
        err << "not reloaded: the routes before stay\n";
    }
}

Exit run_router(const RouterFlags& flags, Streams io) {
    Checked checked;
    router::Options options = options_of(flags, checked);
    const RouterCourse course = course_of(flags, checked);
    route::RouteTable routes = load_routes(flags, checked);
    checked.throw_if_any();

    Signals signals;
    Talk out(io.out);
    Talk err(io.err);
    std::unique_ptr<router::AccessLog> log;
    write_records(options, flags, log);
    if (const auto once = read_once_warning(flags.routes_file)) err.stream() << render(*once);
    router::Ops ops(log.get());
    const auto act = [&](router::Router& router, Signals::Event event) {
        if (log) reopen_log([&log] { log->reopen(); }, err.stream());
        if (event == Signals::Event::reload) reload(router, flags, ops, err.stream());
    };
    route_until_stopped(std::move(routes), std::move(options), course, ops, act, signals, out, err);
    if (log) {
        log->close();
        tell_lost_lines(log->lost(), err.stream());
    }
    return Exit::yes;
}

}  // namespace

}  // namespace sni::cli
