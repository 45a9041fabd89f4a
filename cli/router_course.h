// How a command runs a router, from its first word to the last connection.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <optional>

#include "cli/checked.h"
#include "cli/router_flags.h"
#include "cli/signals.h"
#include "cli/talk.h"
#include "lab/core/endpoint.h"
#include "lab/route/route_table.h"
#include "lab/router/ops.h"
#include "lab/router/router.h"

namespace sni::cli {

/// What of it the flags say, and who is told of it.
struct RouterCourse {
    std::optional<Endpoint> admin;
    std::chrono::milliseconds lame_duck{0};
    std::chrono::milliseconds drain_timeout{10'000};
    std::function<void()> on_ready;  ///< once it listens; empty: nobody
};
/// Mistakes go to `checked`.
RouterCourse course_of(const RouterFlags& flags, Checked& checked);

/// Serves until a signal says stop, and lets connections finish then. Tells who is ready where, and
/// what an operator should know. `act` is called for every other signal, also while it is a lame
/// duck; while it drains, as for one to reopen. Throws what the router and its pages throw.
void route_until_stopped(route::RouteTable routes, router::Options options,
                         const RouterCourse& course, router::Ops& ops,
                         const std::function<void(router::Router&, Signals::Event)>& act,
                         Signals& signals, Talk& out, Talk& err);

/// Loud, since it may be a typo; but other routes go on.
void warn_of_names(const router::Router& router, std::ostream& err);

}  // namespace sni::cli
