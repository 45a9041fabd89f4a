// The lab as a running thing: up, down, status and logs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/cluster_flags.h"

namespace sni::cli {

struct UpOptions {
    std::string scenario = "passthrough";
    std::filesystem::path state;
    ClusterFlags cluster;
    /// "ADDR:PORT" for a scenario with one Gateway port, "443=ADDR:PORT" for any.
    std::vector<std::string> listen;
    std::string admin;       ///< "ADDR:PORT"; empty: no pages for operators
    std::string access_log;  ///< FILE, - or off; empty: stderr, where somebody watches
    bool allow_unsupported = false;
    bool detach = false;
    bool once = false;
    bool json = false;                 ///< the lab's record in place of the banner
    bool quiet = false;                ///< no banner
    std::vector<std::string> command;  ///< of --once
};

/// Starts a scenario. In the foreground it returns when a signal stopped the lab, with --detach
/// when the lab can serve, with --once with the command's own status.
Exit run_up(const UpOptions& options, Streams io);

struct LabOptionsOnRecord {
    std::filesystem::path state;
    bool json = false;                ///< of logs: the lines as they are
    bool follow = false;              ///< of logs: go on until the lab ends
    std::optional<std::size_t> tail;  ///< of logs: the last lines only
};

/// Stops the lab on record and waits until it is gone. No lab is fine, too: then there is nothing
/// to do.
Exit run_down(const LabOptionsOnRecord& options, Streams io);
/// Exit::not_routed when no lab runs.
Exit run_status(const LabOptionsOnRecord& options, Streams io);
/// What this lab logged; never what one before it did.
Exit run_logs(const LabOptionsOnRecord& options, Streams io);

/// down, status and logs.
void add_on_record_commands(CLI::App& app, Action& chosen);

}  // namespace sni::cli
