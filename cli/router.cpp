// sni-lab router: the SNI router alone, by flags.
#include "lab/router/router.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/access_lines.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/open_door.h"
#include "cli/routes_input.h"
#include "cli/signals.h"
#include "cli/talk.h"
#include "lab/admin/server.h"
#include "lab/core/codes.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor_limit.h"
#include "lab/route/routes_file.h"
#include "lab/router/access_log.h"
#include "lab/router/ops.h"
#include "lab/router/table.h"

namespace sni::cli {

namespace {

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
    std::size_t max_connections = 0;
    std::size_t max_stalled = 64u << 20;
    std::size_t max_held = 64u << 20;
    std::string access_log;
    std::string log_probes = "yes";
    std::string resolve_every = "30s";
    bool require_names = false;
    bool allow_empty = false;
    std::string admin;
    std::string proxy_protocol;
    std::vector<std::string> accept_proxy;
};

void add_route_flags(CLI::App& cmd, RouterFlags& flags);
void add_idle_flags(CLI::App& cmd, RouterFlags& flags);
Exit run_router(const RouterFlags& flags, Streams io);

}  // namespace

void add_router(CLI::App& app, Action& chosen) {
    auto flags = std::make_shared<RouterFlags>();
    CLI::App* cmd = add_command(
        app, "router", "Route TLS connections by SNI to their backends, without opening them");
    // A flag is given once for each value, so that a stray word is not taken for another one.
    const auto one_each = [](CLI::Option* option) {
        option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        return option;
    };
    one_each(cmd->add_option("--listen", flags->listen, "Where to listen; may be repeated"))
        ->type_name("ADDR:PORT")
        ->required();
    one_each(cmd->add_option("--route", flags->route,
                             "A host, *.suffix or * (everything else) and its backend; may be "
                             "repeated, and shares by weight where a NAME comes twice"))
        ->type_name("NAME=HOST:PORT[*WEIGHT]");
    cmd->add_option("--routes", flags->routes_file,
                    "More of them, as NAME HOST:PORT[*WEIGHT] a line; SIGHUP reads it again")
        ->type_name("FILE");
    add_route_flags(*cmd, *flags);
    cmd->add_option("--threads", flags->threads, "0: one per core")
        ->transform(whole_number(0, 1'024))
        ->capture_default_str();
    cmd->add_option("--hello-timeout", flags->hello_timeout, "From accept to the whole ClientHello")
        ->type_name("TIME")
        ->capture_default_str();
    cmd->add_option("--hello-limit", flags->hello_limit, "Largest ClientHello")
        ->transform(whole_number(512, 1u << 20))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd->add_option("--connect-timeout", flags->connect_timeout, "For each backend that is tried")
        ->type_name("TIME")
        ->capture_default_str();
    add_idle_flags(*cmd, *flags);
    cmd->add_option("--lame-duck", flags->lame_duck,
                    "So long after SIGTERM clients are still taken, while /readyz says 503")
        ->type_name("TIME")
        ->capture_default_str();
    cmd->add_option("--drain-timeout", flags->drain_timeout,
                    "What connections get to finish after SIGTERM and --lame-duck")
        ->type_name("TIME")
        ->capture_default_str();
    cmd->add_flag("--strip-trailing-dot", flags->strip_trailing_dot,
                  "Route \"example.com.\" as example.com; refused else, as RFC 6066 has it");
    cmd->add_option("--non-tls", flags->non_tls,
                    "Where clients go whose first bytes are no TLS; refused else")
        ->type_name("HOST:PORT");
    cmd->add_option("--proxy-protocol", flags->proxy_protocol,
                    "Tell backends who the client is, in a PROXY header of that version")
        ->check(CLI::IsMember({"v1", "v2"}));
    one_each(cmd->add_option("--accept-proxy", flags->accept_proxy,
                             "Peers that are proxies: they must begin with a PROXY header, and "
                             "are believed; may be repeated"))
        ->type_name("CIDR");
    cmd->add_option("--refuse", flags->refuse,
                    "What a client gets that is not routed: a TLS alert, a FIN or a reset")
        ->check(CLI::IsMember({"alert", "close", "reset"}))
        ->capture_default_str();
    cmd->add_option("--max-connections", flags->max_connections,
                    "Beyond it clients wait; 0: as many as descriptors allow")
        ->transform(whole_number(0, 100'000'000))
        ->capture_default_str();
    cmd->add_option("--max-stalled", flags->max_stalled,
                    "What hellos that came in part may hold together, shared out to the threads; "
                    "beyond it the oldest is refused")
        ->transform(whole_number(65'536, std::uint64_t{1} << 40))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd->add_option("--max-held", flags->max_held,
                    "What may be held together for sides that do not read, shared out to the "
                    "threads; beyond it the one that took nothing for longest is cut. One that is "
                    "stuck holds about 16384")
        ->transform(whole_number(65'536, std::uint64_t{1} << 40))
        ->type_name("BYTES")
        ->capture_default_str();
    cmd->add_option(
           "--access-log", flags->access_log,
           "One JSON line for each connection; - is stdout, off is none, as without the flag")
        ->type_name("FILE|-|off");
    cmd->add_option(
           "--log-probes", flags->log_probes,
           "no: no line for clients that leave without a byte, as load balancers' probes do")
        ->check(CLI::IsMember({"yes", "no"}))
        ->capture_default_str();
    cmd->add_option("--admin", flags->admin,
                    "Serve /metrics, /routes, /connections, /healthz and /readyz there")
        ->type_name("ADDR:PORT");
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

/// What becomes of the routes and their names while the router runs.
void add_route_flags(CLI::App& cmd, RouterFlags& flags) {
    cmd.add_option("--resolve-every", flags.resolve_every,
                   "Look names of backends up again so often, and at SIGHUP; 0: only then")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_flag("--require-names", flags.require_names,
                 "A name without an address ends the start, and a reload keeps the routes before; "
                 "else its route alone has no backend until it has one");
    cmd.add_flag("--allow-empty", flags.allow_empty,
                 "Take a --routes FILE without a route for what it says");
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
           "On both legs, asks a peer that is silent for so long whether it is still there, "
           "and gives it up after nine questions, an eighth of that apart; 0: never")
        ->type_name("TIME")
        ->capture_default_str();
    cmd.add_option("--user-timeout", flags.user_timeout,
                   "On both legs, gives up a peer that acknowledges nothing, or whose window is "
                   "shut, for so long (TCP_USER_TIMEOUT); 0: as the kernel does, after 15 minutes, "
                   "and for a shut window never")
        ->type_name("TIME")
        ->capture_default_str();
}

Diagnostic usage(std::string message, std::string hint = {}) {
    return {
        .code = std::string(code::kUsage), .message = std::move(message), .hint = std::move(hint)};
}

/// Truncated by an editor or a generator, mostly: no clients would be served any more.
Diagnostic no_routes_in(const std::string& file) {
    return {.code = std::string(code::kNoRoutes),
            .message = fmt::format("there is no route in \"{}\"", printable(file)),
            .why = "it is empty, or all in it is comment",
            .hint = "was it read while it was written? --allow-empty takes it as it is"};
}

/// Takes values out of results, and keeps what was wrong with the others: all mistakes are told at
/// once.
class Checked {
  public:
    template <class T>
    T take(const char* flag, Result<T, std::string> result, T otherwise) {
        if (result) return std::move(*result);
        wrong_.push_back(usage(fmt::format("{}: {}", flag, result.error())));
        return otherwise;
    }
    void add(Diagnostic diagnostic) { wrong_.push_back(std::move(diagnostic)); }
    void add(const std::vector<Diagnostic>& more) {
        wrong_.insert(wrong_.end(), more.begin(), more.end());
    }
    void throw_if_any() {
        if (!wrong_.empty()) throw Failure(Exit::usage, std::move(wrong_));
    }

  private:
    std::vector<Diagnostic> wrong_;
};

/// Routes of the flags, then those of the file. `patience` is for a file that is a pipe.
route::RouteTable load_routes(const RouterFlags& flags, Checked& checked,
                              std::optional<std::chrono::milliseconds> patience = {}) {
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

/// A backend's address, without a weight: there is nothing to share.
Result<Endpoint, std::string> backend_address(const std::string& text) {
    auto backend = route::parse_backend(text);
    if (!backend) return std::unexpected(std::move(backend.error()));
    if (text.find('*') != std::string::npos) {
        return std::unexpected(fmt::format("\"{}\" is not HOST:PORT", printable(text)));
    }
    return std::move(backend->endpoint);
}

Endpoint listen_address(const char* flag, const std::string& text, Checked& checked) {
    Endpoint endpoint = checked.take(flag, parse_endpoint(text), loopback(0));
    if (endpoint.kind == Endpoint::Kind::unix_path) {
        checked.add(usage(fmt::format("{}: \"{}\" is not ADDRESS:PORT", flag, printable(text)),
                          "only a backend can be a Unix socket"));
    }
    return endpoint;
}

std::vector<Cidr> accept_proxy_ranges(const std::vector<std::string>& texts, Checked& checked) {
    std::vector<Cidr> ranges;
    for (const std::string& text : texts) {
        if (auto range = Cidr::parse(text)) {
            ranges.push_back(*range);
        } else {
            checked.add(usage("--accept-proxy: " + range.error()));
        }
    }
    return ranges;
}

router::Options options_of(const RouterFlags& flags, Checked& checked) {
    router::Options options;
    for (const std::string& text : flags.listen) {
        options.listen.push_back(listen_address("--listen", text, checked));
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
    options.threads = flags.threads;
    options.refuse = flags.refuse == "reset"   ? router::Refuse::reset
                     : flags.refuse == "close" ? router::Refuse::close
                                               : router::Refuse::alert;
    options.max_connections = flags.max_connections;
    options.max_stalled = flags.max_stalled;
    options.max_held = flags.max_held;
    if (!flags.admin.empty()) options.spare_descriptors = admin::Server::kDescriptors;
    if (!flags.proxy_protocol.empty()) {
        options.proxy_protocol =
            flags.proxy_protocol == "v1" ? proxy::Version::v1 : proxy::Version::v2;
    }
    options.accept_proxy = accept_proxy_ranges(flags.accept_proxy, checked);
    if (flags.route.empty() && flags.routes_file.empty()) {
        checked.add(usage("there is no route; a router needs --route or --routes",
                          "as in --route httpbin.example.com=127.0.0.1:9443"));
    }
    return options;
}

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

/// What the router's threads have to say, for the one thread that may wait for whoever reads
/// stderr.
class Troubles {
  public:
    /// Does not wait.
    void add(const Endpoint& listening, int error) {
        constexpr std::size_t kMost = 16;
        const std::lock_guard lock(mutex_);
        if (told_.size() < kMost) told_.emplace_back(listening, error);
    }
    void tell(std::ostream& err) {
        std::vector<std::pair<Endpoint, int>> told;
        {
            const std::lock_guard lock(mutex_);
            told.swap(told_);
        }
        for (const auto& [listening, error] : told) {
            err << render({.level = Level::warning,
                           .code = std::string(code::kCannotAccept),
                           .message = fmt::format("a thread cannot accept clients on {}",
                                                  to_string(listening)),
                           .why = std::generic_category().message(error),
                           .hint = "it tries again every second, and /readyz says 503 meanwhile"});
        }
    }

  private:
    std::mutex mutex_;
    std::vector<std::pair<Endpoint, int>> told_;  // guarded by mutex_
};

/// Until a signal says stop; `act` is called for every other one.
void route_until_stopped(Signals& signals, const std::function<void(Signals::Event)>& act,
                         Troubles& troubles, std::ostream& err) {
    constexpr std::chrono::milliseconds kLook{1'000};
    for (;;) {
        const auto event = signals.wait_for(kLook);
        if (event == Signals::Event::stop) return;
        if (event) act(*event);
        troubles.tell(err);
    }
}

/// Clients are still taken while who asks /readyz learns that they should go elsewhere. False when
/// another stop signal ended that.
bool be_lame_duck(std::chrono::milliseconds time, Signals& signals,
                  const std::function<void(Signals::Event)>& act, std::ostream& err) {
    if (time.count() == 0) return true;
    fmt::print(err, "stopping: clients are still taken for {}\n", to_string(time));
    const auto until = std::chrono::steady_clock::now() + time;
    for (auto left = time; left.count() > 0; left = std::chrono::ceil<std::chrono::milliseconds>(
                                                 until - std::chrono::steady_clock::now())) {
        const auto event = signals.wait_for(left);
        if (event == Signals::Event::stop) return false;
        if (event) act(*event);
    }
    return true;
}

/// Lets connections finish; another stop signal ends that.
void drain(router::Router& router, std::chrono::milliseconds within, Signals& signals,
           std::ostream& err) {
    fmt::print(err, "stopping: connections may finish for {}\n", to_string(within));
    std::size_t cut = 0;
    std::atomic<bool> done = false;
    std::thread drainer([&] {
        cut = router.stop(within);
        done = true;
    });
    while (!done) {
        const auto event = signals.wait_for(std::chrono::milliseconds(20));
        if (event == Signals::Event::stop) router.stop();
    }
    drainer.join();
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
    if (!flags.admin.empty()) admin_address = listen_address("--admin", flags.admin, checked);
    route::RouteTable routes = load_routes(flags, checked);
    checked.throw_if_any();
    const std::string descriptors = raise_descriptor_limit();

    Signals signals;
    Talk out(io.out);
    Talk err(io.err);
    std::unique_ptr<router::AccessLog> log;
    write_records(options, flags, log);
    if (const auto once = read_once_warning(flags.routes_file)) err.stream() << render(*once);
    Troubles troubles;
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
    drain(*router, patient ? drain_timeout : std::chrono::milliseconds(0), signals, err.stream());
    if (log) tell_lost_lines(log->lost(), err.stream());
    return Exit::yes;
}

}  // namespace

}  // namespace sni::cli
