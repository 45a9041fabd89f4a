#include "cli/router_course.h"

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/accept_troubles.h"
#include "cli/ending.h"
#include "cli/open_door.h"
#include "lab/admin/server.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/net/descriptor_limit.h"
#include "lab/router/table.h"

namespace sni::cli {

namespace {

/// Says what came of it.
std::string raise_descriptor_limit() {
    const net::DescriptorLimit limit = net::raise_descriptor_limit();
    if (limit.now == limit.before) return fmt::format("{}", limit.before);
    return fmt::format("{} (raised from {})", limit.now, limit.before);
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

/// Until a signal says stop; `act` is called for every other one.
void wait_for_stop(Signals& signals, const std::function<void(Signals::Event)>& act,
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
void let_finish(router::Router& router, std::chrono::milliseconds within, Drain& drain,
                Signals& signals, const std::function<void()>& reopen, std::ostream& err) {
    fmt::print(err, "stopping: connections may finish for {}\n", to_string(within));
    std::size_t cut = 0;
    drain.run(signals, [&] { cut = router.stop(within); }, [&] { router.stop(); }, reopen);
    if (cut > 0) fmt::print(err, "cut: {} connection{}\n", cut, cut == 1 ? "" : "s");
}

}  // namespace

/// Loud, since it may be a typo; but other routes go on.
void warn_of_names(const router::Router& router, std::ostream& err) {
    for (Diagnostic& missing : unresolved(*router.table())) {
        missing.level = Level::warning;
        err << render(missing);
    }
}

RouterCourse course_of(const RouterFlags& flags, Checked& checked) {
    RouterCourse course;
    course.drain_timeout =
        checked.take("--drain-timeout", parse_duration(flags.drain_timeout), course.drain_timeout);
    course.lame_duck =
        checked.take("--lame-duck", parse_duration(flags.lame_duck), course.lame_duck);
    if (!flags.admin.empty()) course.admin = checked.take_listener("--admin", flags.admin);
    return course;
}

void route_until_stopped(route::RouteTable routes, router::Options options,
                         const RouterCourse& course, router::Ops& ops,
                         const std::function<void(router::Router&, Signals::Event)>& act,
                         Signals& signals, Talk& out, Talk& err) {
    const std::string descriptors = raise_descriptor_limit();
    Drain drain;
    AcceptTroubles troubles;
    options.on_trouble = [&troubles](const Endpoint& listening, int error) {
        troubles.add(listening, error);
    };
    options.stops = [&signals] { return signals.stop_waits(); };
    // The pages are there before the router and as long as it drains, and ask it no more
    // afterwards.
    std::unique_ptr<router::Router> router;
    std::optional<admin::Server> admin;
    if (course.admin) admin.emplace(*course.admin, ops.pages());
    router = std::make_unique<router::Router>(std::move(routes), std::move(options));
    ops.ready(*router);
    if (course.on_ready) course.on_ready();
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

    const auto act_on = [&](Signals::Event event) { act(*router, event); };
    wait_for_stop(signals, act_on, troubles, err.stream());
    ops.draining();
    const bool patient = be_lame_duck(course.lame_duck, signals, act_on, err.stream());
    let_finish(
        *router, patient ? course.drain_timeout : std::chrono::milliseconds(0), drain, signals,
        [&] { act_on(Signals::Event::reopen); }, err.stream());
}

}  // namespace sni::cli
