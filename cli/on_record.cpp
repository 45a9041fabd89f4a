// down and status: the lab that another process runs.
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/state.h"
#include "cli/up.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor.h"

namespace sni::cli {

namespace {

using nlohmann::json;

void remove_record(const std::filesystem::path& state) {
    std::error_code error;
    std::filesystem::remove(lab_record(state), error);
    if (error)
        throw Failure(Exit::machine, code::kCannotWrite,
                      fmt::format("{} cannot be removed", lab_record(state).string()),
                      error.message());
}

/// The kernel lets go of the lock when the process is gone, so waiting for it needs no guess about
/// its pid.
bool wait_until_gone(const std::filesystem::path& state, std::chrono::seconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (lab_is_alive(state)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

Exit print_down(const char* found, std::optional<pid_t> pid, std::ostream& out) {
    const json document = {
        {"schema", "sni-lab/down/1"}, {"found", found}, {"pid", pid ? json(*pid) : json(nullptr)}};
    out << document.dump(2) << "\n";
    return Exit::yes;
}

/// Tells the recorded process to stop. A record is a file, and files can lie: the process must hold
/// this very state folder's lock and have started when the record says. The descriptor pins the
/// process, so that its number cannot become another's in between.
void end(const LabRecord& record, const std::filesystem::path& state) {
    const net::Descriptor process(
        static_cast<int>(::syscall(SYS_pidfd_open, record.pid, 0)));  // NOLINT
    if (!process || process_start(record.pid) != record.process_start ||
        !holds_lock(record.pid, state)) {
        throw Failure(
            Exit::machine, code::kLabRunning, "a lab runs, but it is not the one on record",
            fmt::format("process {} is not the lab, or belongs to another user", record.pid),
            "it may still be starting; try again, or end its process yourself");
    }
    const auto send = [&](int signal) {
        return ::syscall(SYS_pidfd_send_signal, process.fd(), signal, nullptr, 0) == 0;  // NOLINT
    };
    if (!send(SIGTERM)) {
        throw Failure(Exit::machine, code::kNoPermission,
                      fmt::format("process {} cannot be told to stop", record.pid), {},
                      "it belongs to another user");
    }
    send(SIGCONT);  // one that Ctrl-Z stopped hears nothing else
}

}  // namespace

Exit run_down(const LabOptionsOnRecord& options, Streams io) {
    const bool alive = lab_is_alive(options.state);
    const auto record = readable_record(options.state);
    std::error_code unseen;
    const bool on_record =
        std::filesystem::exists(std::filesystem::symlink_status(lab_record(options.state), unseen));
    if (!alive && !on_record) {
        if (options.json) return print_down("absent", {}, io.out);
        io.out << fmt::format("No lab is running in {}.\n", printable(options.state.native()));
        return Exit::yes;
    }
    if (!alive) {
        remove_record(options.state);
        if (options.json) return print_down("gone", {}, io.out);
        io.out << fmt::format("The lab on record in {} was gone already; its record is removed.\n",
                              printable(options.state.native()));
        return Exit::yes;
    }
    if (!record) {
        const auto pid = lock_holder(options.state);
        throw Failure(
            Exit::machine, code::kLabRunning,
            on_record ? "a lab runs, but its record cannot be read"
                      : "a lab runs, and has no record",
            pid ? fmt::format("process {} holds the lock in {}", *pid, options.state.string())
                : fmt::format("the lock in {} is held", options.state.string()),
            pid ? fmt::format("it may still be starting; try again, or kill {}", *pid)
                : "it may still be starting; try again, or end its process yourself");
    }
    end(*record, options.state);
    if (!wait_until_gone(options.state, std::chrono::seconds(15))) {
        throw Failure(Exit::machine, code::kStillRunning,
                      fmt::format("process {} has not stopped after 15 s", record->pid), {},
                      fmt::format("kill -KILL {} ends it at once", record->pid));
    }
    if (options.json) return print_down("stopped", record->pid, io.out);
    io.out << fmt::format("Stopped scenario {} (process {}).\n", printable(record->scenario),
                          record->pid);
    return Exit::yes;
}

Exit run_status(const LabOptionsOnRecord& options, Streams io) {
    const auto record = read_record(options.state);
    const bool alive = lab_is_alive(options.state);
    const Exit answer = alive && record ? Exit::yes : Exit::not_routed;
    if (options.json) {
        json document = {
            {"schema", "sni-lab/status/1"}, {"on_record", record.has_value()}, {"running", alive}};
        document["lab"] = record ? json::parse(encode(*record)) : json(nullptr);
        io.out << document.dump(2) << "\n";
        return answer;
    }
    if (!record) {
        io.out << fmt::format("{} in {}.\n", alive ? "A lab is starting" : "No lab is on record",
                              printable(options.state.native()));
        return answer;
    }
    io.out << fmt::format(
        "Scenario {}, process {}, started {}: {}\n", printable(record->scenario), record->pid,
        record->started,
        alive
            ? "running"
            : fmt::format("gone; it ended without cleaning up (sni-lab down{} removes the record)",
                          state_flag(options.state)));
    for (const GateRecord& gate : record->gates) {
        io.out << fmt::format("  router   {} for Gateway port {}\n", to_string(gate.endpoint),
                              gate.port);
    }
    for (const BackendRecord& backend : record->backends) {
        io.out << fmt::format("  backend  {}  {}\n", backend.name, to_string(backend.endpoint));
    }
    return answer;
}

void add_on_record_commands(CLI::App& app, Action& chosen) {
    const auto add = [&](const char* name, const char* what,
                         Exit (*work)(const LabOptionsOnRecord&, Streams)) {
        auto options = std::make_shared<LabOptionsOnRecord>();
        CLI::App* command = add_command(app, name, what);
        add_state(*command, options->state);
        command->footer(fmt::format("Example: sni-lab {}", name));
        command->callback([options, work, &chosen] {
            chosen = [options, work](Streams io) { return work(*options, io); };
        });
        return std::pair(command, options.get());
    };
    const auto [down, of_down] = add("down", "Stop the lab on record", run_down);
    down->add_flag("--json", of_down->json, "One JSON document, schema sni-lab/down/1");
    const auto [status, of_status] =
        add("status", "Is a lab on record, and does it run? Exit 4 when none does", run_status);
    status->add_flag("--json", of_status->json, "One JSON document, schema sni-lab/status/1");
    const auto [logs, of_logs] = add(
        "logs", "What the lab on record logged, a line for each connection and request", run_logs);
    logs->add_flag("--json", of_logs->json, "Each line as the access log has it: one JSON object");
    logs->add_flag("-f,--follow", of_logs->follow, "Go on until the lab ends");
    logs->add_option("--tail", of_logs->tail, "The last N lines only (default: all)")
        ->transform(whole_number(0, 1'000'000'000))
        ->type_name("N");
}

}  // namespace sni::cli
