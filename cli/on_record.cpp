// down, status and logs: the lab that another process runs.
#include <chrono>
#include <csignal>
#include <ostream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "certs/store.h"
#include "cli/lab_record.h"
#include "cli/state.h"
#include "cli/up.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

using nlohmann::json;

/// The record, or nothing when it is damaged: whoever wants to remove it must be able to.
std::optional<LabRecord> readable_record(const std::filesystem::path& state) {
    try {
        return read_record(state);
    } catch (const Failure&) {
        return std::nullopt;
    }
}

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

}  // namespace

Exit run_down(const LabOptionsOnRecord& options, Streams io) {
    const bool alive = lab_is_alive(options.state);
    const auto record = readable_record(options.state);
    const bool on_record = std::filesystem::exists(lab_record(options.state));
    if (!alive && !on_record) {
        io.out << "No lab is running.\n";
        return Exit::yes;
    }
    if (!alive) {
        remove_record(options.state);
        io.out << "The lab on record was gone already; its record is removed.\n";
        return Exit::yes;
    }
    if (!record) {
        throw Failure(Exit::machine, code::kLabRunning, "a lab runs, but its record cannot be read",
                      fmt::format("its lock in {} is held", options.state.string()),
                      "it may still be starting; try again, or end its process yourself");
    }
    if (process_start(record->pid) != record->process_start) {
        throw Failure(Exit::machine, code::kLabRunning,
                      "a lab runs, but it is not the one on record",
                      fmt::format("process {} started at another time", record->pid),
                      "it may still be starting; try again");
    }
    if (::kill(record->pid, SIGTERM) != 0) {
        throw Failure(Exit::machine, code::kNoPermission,
                      fmt::format("process {} cannot be told to stop", record->pid), {},
                      "it belongs to another user");
    }
    if (!wait_until_gone(options.state, std::chrono::seconds(15))) {
        throw Failure(Exit::machine, code::kStillRunning,
                      fmt::format("process {} has not stopped after 15 s", record->pid), {},
                      fmt::format("kill {} ends it at once", record->pid));
    }
    io.out << fmt::format("Stopped scenario {} (process {}).\n", printable(record->scenario),
                          record->pid);
    return Exit::yes;
}

Exit run_status(const LabOptionsOnRecord& options, Streams io) {
    const auto record = read_record(options.state);
    const bool alive = lab_is_alive(options.state);
    if (options.json) {
        json document = {
            {"schema", "sni-lab/status/1"}, {"on_record", record.has_value()}, {"running", alive}};
        document["lab"] = record ? json::parse(encode(*record)) : json(nullptr);
        io.out << document.dump(2) << "\n";
        return Exit::yes;
    }
    if (!record) {
        io.out << (alive ? "A lab is starting.\n" : "No lab is on record.\n");
        return Exit::yes;
    }
    io.out << fmt::format(
        "Scenario {}, process {}, started {}: {}\n", printable(record->scenario), record->pid,
        record->started,
        alive ? "running" : "gone; it ended without cleaning up (sni-lab down removes the record)");
    for (const GateRecord& gate : record->gates) {
        io.out << fmt::format("  router   {} for Gateway port {}\n", to_string(gate.endpoint),
                              gate.port);
    }
    for (const BackendRecord& backend : record->backends) {
        io.out << fmt::format("  backend  {}  {}\n", backend.name, to_string(backend.endpoint));
    }
    return Exit::yes;
}

Exit run_logs(const LabOptionsOnRecord& options, Streams io) {
    if (!std::filesystem::exists(lab_log(options.state))) {
        io.err << fmt::format("sni-lab: there is no log in {}\n", options.state.string());
        return Exit::yes;
    }
    io.out << certs::read_file(lab_log(options.state));
    return Exit::yes;
}

}  // namespace sni::cli
