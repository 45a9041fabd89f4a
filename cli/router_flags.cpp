#include "cli/router_flags.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "cli/routes_input.h"
#include "lab/admin/server.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/route/routes_file.h"

namespace sni::cli {

namespace {

constexpr std::size_t kLeastHeld = 65'536;
/// A byte of a hello may come in a record of its own, which has five more. The seventh is for its
/// first four bytes, which --hello-limit does not count, and a PROXY header.
constexpr std::size_t kMostWire = 7;

/// What becomes of names while the router runs.
void add_name_flags(CLI::App& cmd, RouterFlags& flags) {
    cmd.add_option("--resolve-every", flags.resolve_every,
                   "Look names of backends up again so often, and at SIGHUP; 0: only then")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_flag("--require-names", flags.require_names,
                 "A name without an address ends the start, and a reload keeps the routes before; "
                 "else its route alone has no backend until it has one, or goes on to the "
                 "addresses that it had");
}

/// When a connection ends although nobody ended it.
void add_idle_flags(CLI::App& cmd, RouterFlags& flags) {
    cmd.add_option("--idle-timeout", flags.idle_timeout,
                   "Ends what moves no byte for so long; 0: never")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--half-closed-timeout", flags.half_closed_timeout,
                   "The same once one side has finished sending; 0: as --idle-timeout")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option(
           "--keepalive", flags.keepalive,
           "When no byte moves for so long, asks both peers whether they are still there, and "
           "gives one up after nine questions, an eighth of that apart; 0: never")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--user-timeout", flags.user_timeout,
                   "On both legs, gives up a peer that acknowledges nothing, or whose window is "
                   "shut, for so long (TCP_USER_TIMEOUT); 0: as the kernel does, after 15 minutes, "
                   "and for a shut window never")
        ->type_name("TIME")
        ->capture_default_str();
}

/// What strangers may make it hold.
void add_limit_flags(CLI::App& cmd, RouterFlags& flags) {
    cmd.add_option(
           "--max-connections", flags.max_connections,
           "Beyond it clients wait, and those that still do are reset when SIGTERM comes; 0: "
           "as many as descriptors allow")
        ->type_name("N")
        ->transform(whole_number(0, 100'000'000))
        ->capture_default_str();
    cmd.add_option("--max-held", flags.max_held,
                   "What may be held together for sides that do not read, shared out to the "
                   "threads, with 65536 for each at least, and room for a hello that was read "
                   "ahead; beyond it the one that took nothing for longest is cut. One that is "
                   "stuck holds about 16384")
        ->transform(whole_number(kLeastHeld, std::uint64_t{1} << 40))
        ->type_name("BYTES")
        ->capture_default_str();
}

/// What it tells whoever runs it.
void add_operator_flags(CLI::App& cmd, RouterFlags& flags) {
    cmd.add_option(
           "--access-log", flags.access_log,
           "One JSON line for each connection; - is stdout, off is none, as without the flag")
        ->type_name("FILE|-|off");
    cmd.add_option(
           "--log-probes", flags.log_probes,
           "no: no line for clients that leave without a byte, as load balancers' probes do")
        ->check(CLI::IsMember({"yes", "no"}))
        ->capture_default_str();
}

/// Truncated by an editor or a generator, mostly: no clients would be served any more.
Diagnostic no_routes_in(const std::string& file) {
    return {.code = std::string(code::kNoRoutes),
            .message = fmt::format("there is no route in \"{}\"", printable(file)),
            .why = "it is empty, or all in it is comment",
            .hint = "was it read while it was written? --allow-empty takes it as it is"};
}

/// A backend's address, without a weight: there is nothing to share.
Result<Endpoint, std::string> backend_address(const std::string& text) {
    auto backend = route::parse_backend(text);
    if (!backend) return std::unexpected(std::move(backend.error()));
    if (text.find('*') != std::string::npos) {
        return std::unexpected(fmt::format("\"{}\" is not HOST:PORT", printable(text)));
    }
    return std::move(backend->endpoint);
}

/// Of an equal share each thread can still serve clients: one hello is whole in it, even where it
/// came in records of one byte, and when it waits for a backend that takes it slowly; and sides
/// that are stuck for a moment are not cut.
void share_out(router::Options& options, const RouterFlags& flags) {
    const std::size_t threads = router::threads_of(options);
    const std::size_t hello = options.blind ? 0 : kMostWire * flags.hello_limit;
    options.max_stalled = std::max(flags.max_stalled, hello * threads);
    options.max_held = std::max(flags.max_held, (kLeastHeld + hello) * threads);
}

std::vector<Cidr> accept_proxy_ranges(const std::vector<std::string>& texts, Checked& checked) {
    std::vector<Cidr> ranges;
    for (const std::string& text : texts) {
        if (auto range = Cidr::parse(text)) {
            ranges.push_back(*range);
        } else {
            checked.add_of("--accept-proxy", range.error());
        }
    }
    return ranges;
}

}  // namespace

void add_relay_flags(CLI::App& cmd, RouterFlags& flags) {
    one_each(cmd.add_option("--listen", flags.listen, "Where to listen; may be repeated"))
        ->type_name("ADDR:PORT")
        ->required();
    cmd.add_option("--threads", flags.threads, "0: one per core")
        ->type_name("N")
        ->transform(whole_number(0, 1'024))
        ->capture_default_str();
    add_name_flags(cmd, flags);
    cmd.add_option("--connect-timeout", flags.connect_timeout, "For each backend that is tried")
        ->type_name("TIME")
        ->capture_default_str();
    add_idle_flags(cmd, flags);
    cmd.add_option("--lame-duck", flags.lame_duck,
                   "So long after SIGTERM clients are still taken, while /readyz says 503")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--drain-timeout", flags.drain_timeout,
                   "What connections get to finish after SIGTERM and --lame-duck")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--proxy-protocol", flags.proxy_protocol,
                   "Tell backends who the client is, in a PROXY header of that version")
        ->check(CLI::IsMember({"v1", "v2"}));
    add_accept_proxy(cmd, flags.accept_proxy);
    add_limit_flags(cmd, flags);
}

void add_flags(CLI::App& cmd, RouterFlags& flags) {
    add_relay_flags(cmd, flags);
    one_each(cmd.add_option("--route", flags.route,
                            "A host, *.suffix or * (everything else) and its backend; may be "
                            "repeated, and shares by weight where a NAME comes twice"))
        ->type_name("NAME=HOST:PORT[*WEIGHT]");
    cmd.add_option(
           "--routes", flags.routes_file,
           "More of them, as NAME HOST:PORT[*WEIGHT] a line; a word that begins with # begins "
           "a comment; SIGHUP reads it again")
        ->type_name("FILE");
    cmd.add_flag("--allow-empty", flags.allow_empty,
                 "Take a --routes FILE without a route for what it says");
    cmd.add_option("--hello-timeout", flags.hello_timeout, "From accept to the whole ClientHello")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--hello-limit", flags.hello_limit, "Largest ClientHello")
        ->transform(whole_number(512, 1u << 20))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd.add_option("--max-stalled", flags.max_stalled,
                   "What hellos that wait for their rest, or for a backend, may hold together, "
                   "shared out to the threads, with seven times --hello-limit for each at least, "
                   "which is one in records of a byte each; beyond it the oldest is refused")
        ->transform(whole_number(65'536, std::uint64_t{1} << 40))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd.add_option("--max-pipes", flags.max_pipes,
                   "Pipes of 1 MiB through which bulk goes without being copied; 0: all is copied")
        ->type_name("N")
        ->transform(whole_number(0, net::PipePool::kMost))
        ->capture_default_str();
    cmd.add_flag("--strip-trailing-dot", flags.strip_trailing_dot,
                 "Route \"example.com.\" as example.com; refused else, as RFC 6066 has it");
    cmd.add_option("--non-tls", flags.non_tls,
                   "Where clients go whose first bytes are no TLS; refused else")
        ->type_name("HOST:PORT");
    cmd.add_option("--refuse", flags.refuse,
                   "What a client gets that is not routed: a TLS alert, a FIN or a reset")
        ->check(CLI::IsMember({"alert", "close", "reset"}))
        ->capture_default_str();
    add_operator_flags(cmd, flags);
    cmd.add_option("--admin", flags.admin,
                   "Serve /metrics, /routes, /connections, /healthz and /readyz there")
        ->type_name("ADDR:PORT");
}

route::RouteTable load_routes(const RouterFlags& flags, Checked& checked,
                              std::optional<std::chrono::milliseconds> patience) {
    if (flags.route.empty() && flags.routes_file.empty()) {
        checked.add(usage_mistake("there is no route; a router needs --route or --routes",
                                  "as in --route httpbin.example.com=127.0.0.1:9443"));
    }
    std::vector<route::Route> routes;
    for (const std::string& text : flags.route) {
        auto route = route::parse_route(text);
        if (route) {
            routes.push_back(std::move(*route));
        } else {
            checked.add(
                {.code = std::string(code::kBadRoute), .message = "--route: " + route.error()});
        }
    }
    if (!flags.routes_file.empty()) {
        auto text = read_routes(flags.routes_file, patience);
        if (!text) {
            checked.add(std::move(text.error()));
        } else {
            auto parsed = route::parse_routes(*text, flags.routes_file);
            checked.add(parsed.diagnostics);
            if (parsed.routes.empty() && parsed.diagnostics.empty() && !flags.allow_empty)
                checked.add(no_routes_in(flags.routes_file));
            std::ranges::move(parsed.routes, std::back_inserter(routes));
        }
    }
    return route::RouteTable(std::move(routes));
}

router::Options options_of(const RouterFlags& flags, Checked& checked) {
    router::Options options;
    for (const std::string& text : flags.listen) {
        options.listen.push_back(checked.take_listener("--listen", text));
    }
    router::Limits& limits = options.limits;
    limits.hello =
        checked.take("--hello-timeout", parse_timeout(flags.hello_timeout), limits.hello);
    limits.connect =
        checked.take("--connect-timeout", parse_timeout(flags.connect_timeout), limits.connect);
    limits.idle = checked.take("--idle-timeout", parse_duration(flags.idle_timeout), limits.idle);
    limits.half_closed = checked.take(
        "--half-closed-timeout", parse_duration(flags.half_closed_timeout), limits.half_closed);
    net::Liveness& liveness = options.liveness;
    liveness.keepalive =
        checked.take("--keepalive", parse_duration(flags.keepalive), liveness.keepalive);
    liveness.user_timeout =
        checked.take("--user-timeout", parse_duration(flags.user_timeout), liveness.user_timeout);
    limits.hello_bytes = flags.hello_limit;
    options.resolve_every =
        checked.take("--resolve-every", parse_duration(flags.resolve_every), options.resolve_every);
    options.require_names = flags.require_names;
    if (flags.strip_trailing_dot) options.trailing_dot = tls::TrailingDot::strip;
    if (!flags.non_tls.empty()) {
        options.non_tls = checked.take("--non-tls", backend_address(flags.non_tls), loopback(0));
    }
    if (!flags.to.empty()) {
        options.blind = true;
        options.non_tls = checked.take("--to", backend_address(flags.to), loopback(0));
    }
    options.threads = flags.threads;
    options.refuse = flags.refuse == "reset"   ? router::Refuse::reset
                     : flags.refuse == "close" ? router::Refuse::close
                                               : router::Refuse::alert;
    options.max_connections = flags.max_connections;
    share_out(options, flags);
    options.max_pipes = flags.max_pipes;
    if (!flags.admin.empty()) options.spare_descriptors = admin::Server::kDescriptors;
    if (!flags.proxy_protocol.empty()) {
        options.proxy_protocol =
            flags.proxy_protocol == "v1" ? proxy::Version::v1 : proxy::Version::v2;
    }
    options.accept_proxy = accept_proxy_ranges(flags.accept_proxy, checked);
    return options;
}

}  // namespace sni::cli
