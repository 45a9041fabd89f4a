#include "cli/up.h"

#include <functional>
#include <ostream>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "certs/clock.h"
#include "certs/store.h"
#include "cli/access_lines.h"
#include "cli/by_port.h"
#include "cli/child.h"
#include "cli/detach.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/lab_setup.h"
#include "cli/lab_text.h"
#include "cli/open_door.h"
#include "cli/signals.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "lab/admin/server.h"
#include "lab/backend/ops.h"
#include "lab/core/codes.h"
#include "lab/core/default_listen.h"
#include "lab/core/encoding.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

constexpr std::chrono::seconds kGrace{5};

std::map<std::uint16_t, Endpoint> listen_map(const scenario::Scenario& scenario,
                                             const std::vector<std::string>& flags) {
    const std::vector<std::uint16_t>& ports = scenario.gateway_ports;
    const ByPort how{.flag = "--listen",
                     .hint =
                         "--listen 127.0.0.1:8443, or --listen 443=127.0.0.1:8443 when there "
                         "are several Gateway ports"};
    std::map<std::uint16_t, Endpoint> given = by_port(how, flags, ports);
    for (auto& [port, endpoint] : given) {
        endpoint = listener("--listen", to_string(endpoint));
    }
    return default_listen(ports, kLabOffset, given);
}

/// Connections and requests, a line of JSON each. At most two files of 5 MB, for the owner alone; a
/// link that somebody else laid there is not followed.
log::FilePlace log_place(const std::filesystem::path& state) {
    return {.path = lab_log(state),
            .mode = 0600,
            .follow_links = false,
            .enforce_mode = true,
            .rotate_at = 5u << 20,
            .older = older_lab_log(state)};
}

/// Into the state folder, and to whoever watches.
std::function<void(std::string_view)> log_lines(log::LineLog& file, const AccessLines& watched) {
    return [&file, watch = watched.sink()](std::string_view line) {
        file.line(line);
        if (watch) watch(line);
    };
}

Failure already_running(const std::filesystem::path& state) {
    const auto record = read_record(state);
    const std::string who =
        record ? fmt::format("process {} runs scenario {}", record->pid, record->scenario)
               : std::string("another process holds the state folder and is about to start");
    return Failure(Exit::machine, code::kLabRunning,
                   fmt::format("a lab runs already with the state folder {}", state.string()), who,
                   fmt::format("sni-lab down{} stops it; --state DIR runs a second one beside it",
                               state_flag(state)));
}

/// By its start another process is told from the lab that had its number before.
void require_own_start() {
    if (!process_start(::getpid()).empty()) return;
    throw Failure(
        Exit::machine, code::kUnexpected, "a lab here could not be found again, nor stopped",
        fmt::format("/proc/{}/stat, which tells when it started, cannot be read", ::getpid()),
        "mount /proc (in a chroot: mount -t proc proc /proc)");
}

/// The record names the certificates there, and is JSON.
void require_utf8(const std::filesystem::path& state) {
    const std::string folder = std::filesystem::absolute(state).lexically_normal().native();
    if (valid_utf8_prefix(folder) == folder.size()) return;
    throw Failure(
        Exit::usage, code::kCannotWrite,
        fmt::format("the state folder {} has a name that is not UTF-8", printable(folder)),
        "lab.json, which names the certificates in it, can have no other",
        "choose a folder with --state DIR");
}

/// Removes the record when the lab is gone, whatever ends it but a kill.
class Recorded {
  public:
    Recorded(const std::filesystem::path& state, const LabRecord& record)
        : file_(lab_record(state)) {
        certs::write_file(file_, encode(record), 0600);
    }
    ~Recorded() {
        std::error_code ignored;
        std::filesystem::remove(file_, ignored);
    }
    Recorded(const Recorded&) = delete;
    Recorded& operator=(const Recorded&) = delete;

  private:
    std::filesystem::path file_;
};

/// A second signal to stop while the lab drains ends it at once.
void stop_gently(Lab& lab, Drain& drain, Signals& signals, const std::function<void()>& reopen) {
    drain.run(
        signals, [&] { lab.stop(kGrace); }, [&] { lab.stop(std::chrono::milliseconds(0)); },
        reopen);
}

/// Runs the lab until a signal or, with --once, the command ends it. `ready` is told once, with the
/// banner.
Exit serve(const UpOptions& options, const Loaded& loaded, LabLock lock, Talk& err,
           const Ready& ready) {
    const LabLock held = std::move(lock);
    Signals signals;
    Drain drain;
    const bool watched = !options.detach && !options.once;
    log::LineLog file(log_place(options.state), "the lab's log",
                      "move it away, or choose another folder with --state");
    AccessLines log(options.access_log, watched ? &err : nullptr);
    const auto now = wall_clock();
    backend::Ops ops;
    std::optional<RunningLab> started;
    std::optional<admin::Server> admin;
    if (!options.admin.empty()) admin.emplace(listener("--admin", options.admin), ops.pages());
    RunningLab& running =
        started.emplace(start(loaded, {.state = options.state,
                                       .may_write = true,
                                       .listen = listen_map(loaded.scenario, options.listen),
                                       .log = log_lines(file, log),
                                       .now = now}));
    ops.ready(running.lab->running_backends(), [&] { return file.lost() + log.lost(); });
    if (admin) running.record.admin = admin->local();
    Recorded recorded(options.state, running.record);
    if (options.json) {
        ready(encode(running.record));
    } else {
        const std::string text = up_text(loaded, running, options.state, options.detach);
        ready(options.quiet ? "" : report::shown(text, style_of(err.stream())));
    }
    if (options.once) {
        const Exit exit = run_child(options.command, child_environment(running, options.state),
                                    signals, Signals::hangup_ends());
        running.lab->stop(std::chrono::milliseconds(0));
        return exit;
    }
    const auto reopen = [&] {
        reopen_log([&file] { file.reopen(); }, err.stream());
        log.reopen(err.stream());
    };
    // Only a detached lab outlives its terminal.
    const bool hangup_ends = !options.detach && Signals::hangup_ends();
    for (auto event = signals.wait(); event != Signals::Event::stop; event = signals.wait()) {
        if (event == Signals::Event::reload && hangup_ends) break;
        reopen();
        if (event == Signals::Event::reload)
            err.line("sni-lab: the scenario is not read again while it runs; sni-lab down and up");
    }
    ops.draining();
    stop_gently(*running.lab, drain, signals, reopen);
    log.finish(err.stream());
    file.close();
    tell_lost_lines(file.lost(), err.stream(), "lab.log");
    return Exit::yes;
}

/// Its files are 0600, but their names and times are for everybody to see, and to replace where
/// others may write.
void warn_if_open(const std::filesystem::path& state, std::ostream& err) {
    if (const auto trouble = distrust(state)) {
        err << render(*trouble);
        return;
    }
    const auto permissions = std::filesystem::status(state).permissions();
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    if ((permissions & others) == std::filesystem::perms::none) return;
    err << render(
        {.level = Level::warning,
         .code = std::string(code::kOpenFolder),
         .message = fmt::format("others may look into the state folder {}", state.string()),
         .hint = fmt::format("chmod 700 {}", state.string())});
}

}  // namespace

Exit run_up(const UpOptions& options, Streams io) {
    if (options.once && options.detach) {
        throw Failure(Exit::usage, code::kUsage, "--once and --detach exclude each other", {},
                      "leave one of them out");
    }
    if (options.once == options.command.empty()) {
        throw Failure(Exit::usage, code::kUsage, "--once and a command belong together", {},
                      "write sni-lab up --once -- COMMAND…");
    }
    if (is_stdout(options.access_log) && (options.json || options.detach)) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("--access-log - and {} exclude each other",
                                  options.json ? "--json" : "--detach"),
                      options.json ? "stdout is for one JSON document"
                                   : "a lab that is detached has no stdout",
                      "name a file, or see sni-lab logs");
    }
    const Loaded loaded = load(options.scenario, options.allow_unsupported,
                               options.cluster.default_namespace, options.cluster);
    for (const Diagnostic& warning : loaded.warnings) {
        io.err << render(warning);
    }
    // A bad address is told before anything is made.
    for (const auto& [port, listening] : listen_map(loaded.scenario, options.listen)) {
        warn_if_open(listening, io.err);
    }
    if (!options.admin.empty()) warn_if_open(listener("--admin", options.admin), io.err);
    require_own_start();
    require_utf8(options.state);
    auto lock = LabLock::take(options.state);
    if (!lock) throw already_running(options.state);
    // Left behind by a lab that was killed: nobody may take its process, or its log, for ours.
    std::error_code none;
    std::filesystem::remove(lab_record(options.state), none);
    std::filesystem::remove(older_lab_log(options.state), none);
    std::filesystem::rename(lab_log(options.state), former_lab_log(options.state), none);
    warn_if_open(options.state, io.err);
    if (options.detach) {
        return detach(options.state, io, options.json,
                      [&](std::ostream& stream, const Ready& ready) {
                          Talk err(stream);
                          return serve(options, loaded, std::move(*lock), err, ready);
                      });
    }
    Talk out(io.out);
    Talk err(io.err);
    return serve(options, loaded, std::move(*lock), err, [&](const std::string& text) {
        // The command's own output is the answer of --once.
        (options.once ? err : out).stream() << text << std::flush;
    });
}

void add_up(CLI::App& app, Action& chosen, const std::vector<std::string>& trailing) {
    auto options = std::make_shared<UpOptions>();
    CLI::App* up = add_command(app, "up", "Start the backends and the router of a scenario");
    up->add_option(
        "scenario", options->scenario,
        "Name of the catalogue, manifest file or folder, or - for stdin (default: passthrough)");
    add_state(*up, options->state);
    add_cluster(*up, options->cluster);
    add_only_gateway(*up, options->cluster);
    up->add_option(
          "--listen", options->listen,
          "ADDR:PORT instead of 127.0.0.1:8443; 443=ADDR:PORT for one of several Gateway ports")
        ->type_name("[PORT=]ADDR:PORT")
        ->allow_extra_args(false);
    up->add_option("--admin", options->admin,
                   "Pages about the backends: /healthz, /readyz, /metrics and /sessions, the "
                   "latest TLS sessions")
        ->type_name("ADDR:PORT");
    up->add_option(
          "--access-log", options->access_log,
          "One JSON line for each connection and request, beside those in the state "
          "folder's lab.log; - is stdout (not with --json or --detach), off is none (default: "
          "stderr, none with --detach and --once)")
        ->type_name("FILE|-|off");
    up->add_flag("--allow-unsupported", options->allow_unsupported,
                 "Run what is understood, warn about the rest");
    up->add_flag("--detach", options->detach,
                 "Return when the lab can serve; sni-lab down stops it");
    up->add_flag("--once", options->once,
                 "Run the command behind -- against the lab, stop it, return the command's status");
    up->add_flag("-q,--quiet", options->quiet, "Say nothing when the lab can serve");
    up->add_flag("--json", options->json,
                 "When the lab can serve, its record as one JSON document, schema sni-lab/lab/1")
        ->excludes("--quiet");
    up->footer("Example: sni-lab up --once --listen 127.0.0.1:0 -- sni-lab verify --running");
    up->callback([options, &chosen, &trailing] {
        options->command = trailing;
        chosen = [options](Streams io) { return run_up(*options, io); };
    });

    add_on_record_commands(app, chosen);
}

}  // namespace sni::cli
