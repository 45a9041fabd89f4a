#include "cli/verify_every.h"

#include <optional>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/child.h"
#include "cli/flags.h"
#include "cli/manifest_files.h"
#include "cli/open_door.h"
#include "cli/signals.h"
#include "cli/standard_streams.h"
#include "cli/talk.h"
#include "cli/terminal.h"
#include "cli/verify_lab.h"
#include "lab/admin/server.h"
#include "lab/core/diagnostic.h"
#include "lab/report/text.h"
#include "lab/watch/ops.h"

namespace sni::cli {

namespace {

/// From three quarters to five quarters of it: whoever counts seconds shall not know which
/// connection is the probe's.
std::chrono::milliseconds jittered(std::chrono::milliseconds every) {
    static std::mt19937_64 random{std::random_device{}()};
    std::uniform_int_distribution<std::int64_t> around(every.count() * 3 / 4,
                                                       every.count() * 5 / 4);
    return std::chrono::milliseconds(around(random));
}

/// One that hangs or fails is told, and holds nothing up for long. False: this process is to end.
bool run_hook(const std::string& command, const watch::Change& change, std::ostream& err) try {
    constexpr std::chrono::seconds kHookPatience{10};
    constexpr std::size_t kMostOutput = 4u << 10;
    const Captured ran = run_captured({"sh", "-c", command},
                                      {{"SNI_LAB_CHANGE", change.what},
                                       {"SNI_LAB_FROM", change.from},
                                       {"SNI_LAB_TO", change.to},
                                       {"SNI_LAB_GATEWAY", change.subject.gateway},
                                       {"SNI_LAB_ADDRESS", change.subject.address},
                                       {"SNI_LAB_SNI", change.subject.sni},
                                       {"SNI_LAB_CHECK", change.subject.check}},
                                      kHookPatience, kMostOutput, false);
    if (ran.interrupted) return false;
    if (ran.late) {
        fmt::print(err, "--on-change did not end within 10 s\n");
    } else if (ran.status != 0) {
        fmt::print(err, "--on-change ended with status {}\n", ran.status);
    }
    return true;
} catch (const Failure& failure) {  // it could not be started
    for (const Diagnostic& diagnostic : failure.diagnostics()) {
        err << render(diagnostic);
    }
    return true;
}

}  // namespace

Exit run_verify_every(const VerifyOptions& options, const Flags& flags, Streams io) {
    std::optional<Endpoint> address;
    if (!options.watch_admin.empty()) address = listener("--admin", options.watch_admin);
    Signals signals(Signals::Hangup::stops);
    Talk out(io.out);
    Talk err(io.err);
    watch::Ops ops(options.every);
    std::optional<admin::Server> admin;
    if (address) {
        admin.emplace(*address, ops.pages());
        warn_if_open(admin->local(), err.stream());
        fmt::print(out.stream(), "admin {}\n", to_string(admin->local()));
        out.stream().flush();
    }
    for (bool first = true;; first = false) {
        const auto began = watch::Freshness::Clock::now();
        const Answers asked = look_until_stopped(options, flags, signals, out.stream());
        const std::vector<watch::Change> changes = ops.add(asked.report, began);
        if (first) {
            tell_warnings(asked.warnings, err.stream());
            out.stream() << report::to_text(asked.report, {}, true);
        }
        for (const watch::Change& change : changes) {
            fmt::print(out.stream(), "{}\n", report::shown(to_string(change), style_of(io.out)));
            const bool hooked = !options.on_change.empty();
            if (hooked && !run_hook(options.on_change, change, err.stream()))
                return asked.report.exit();
        }
        out.stream().flush();
        if (out.lost() > 0 || reader_left(io.out)) return asked.report.exit();  // nobody reads on
        if (Signals::stopped_by() != 0) return asked.report.exit();
        if (!changes.empty() && options.exit_on_change) return asked.report.exit();
        const auto event = signals.wait_for(jittered(options.every));
        if (event == Signals::Event::stop) return asked.report.exit();
    }
}

}  // namespace sni::cli
