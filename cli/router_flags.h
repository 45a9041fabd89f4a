// The flags of sni-lab router: what they are, and the values they stand for.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/checked.h"
#include "lab/core/endpoint.h"
#include "lab/net/loop/pipe_pool.h"
#include "lab/route/route_table.h"
#include "lab/router/router.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// As the flags say it; nothing is parsed yet.
struct RouterFlags {
    std::vector<std::string> listen;
    std::vector<std::string> route;
    std::string routes_file;
    unsigned threads = 0;
    std::string hello_timeout = "10s";
    std::size_t hello_limit = 65'536;
    std::string connect_timeout = "5s";
    std::string idle_timeout = "1h";
    std::string refuse = "alert";
    std::string half_closed_timeout = "5m";
    std::string keepalive = "2m";
    std::string user_timeout = "0s";
    std::string lame_duck = "0s";
    std::string drain_timeout = "10s";
    bool strip_trailing_dot = false;
    std::string non_tls;
    std::string to;  ///< of a witness; empty: routes decide
    std::size_t max_connections = 0;
    std::size_t max_stalled = 64u << 20;
    std::size_t max_held = 64u << 20;
    std::size_t max_pipes = net::PipePool::kMost;
    std::string access_log;
    std::string log_probes = "yes";
    std::string resolve_every = "30s";
    bool require_names = false;
    bool allow_empty = false;
    std::string admin;
    std::string proxy_protocol;
    std::vector<std::string> accept_proxy;
};

/// Those of everything that relays.
void add_relay_flags(CLI::App& cmd, RouterFlags& flags);
/// Those of a router, the same among them.
void add_flags(CLI::App& cmd, RouterFlags& flags);

/// All that the router is told but its routes; mistakes go to `checked`.
router::Options options_of(const RouterFlags& flags, Checked& checked);

/// Routes of the flags, then those of the file; mistakes go to `checked`. With `patience` a file
/// that is a pipe and has not come to its end in that time is given up.
route::RouteTable load_routes(const RouterFlags& flags, Checked& checked,
                              std::optional<std::chrono::milliseconds> patience = {});

}  // namespace sni::cli
