// The lab as a running thing: up, down, status and logs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/app.h"

namespace sni::cli {

struct UpOptions {
    std::string scenario = "passthrough";
    std::filesystem::path state;
    std::string default_namespace = "default";
    /// "ADDR:PORT" for a scenario with one Gateway port, "443=ADDR:PORT" for any.
    std::vector<std::string> listen;
    std::string admin;  ///< "ADDR:PORT"; empty: no pages for operators
    std::string access_log;  ///< FILE, - or off; empty: stderr, where somebody watches
    bool allow_unsupported = false;
    bool detach = false;
    bool once = false;
    std::vector<std::string> command;  ///< of --once
};

/// Starts a scenario. In the foreground it returns when a signal stopped the lab, with --detach
/// when the lab can serve, with --once with the command's own status.
Exit run_up(const UpOptions& options, Streams io);

struct LabOptionsOnRecord {
    std::filesystem::path state;
    bool json = false;
};

/// Stops the lab on record and waits until it is gone. No lab is fine, too: then there is nothing
/// to do.
Exit run_down(const LabOptionsOnRecord& options, Streams io);
Exit run_status(const LabOptionsOnRecord& options, Streams io);
Exit run_logs(const LabOptionsOnRecord& options, Streams io);

}  // namespace sni::cli
