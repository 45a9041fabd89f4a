// What the parts of sni-lab torture share.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/checked.h"
#include "cli/torture_peer.h"
#include "lab/torture/generator.h"
#include "lab/torture/live/run.h"
#include "lab/torture/render.h"

namespace sni::cli {

/// What is started for this is told to wait no longer for a hello.
inline constexpr std::chrono::milliseconds kPeersHello{2'000};

/// As the flags say it; nothing is parsed yet.
struct TortureFlags {
    std::string gateway;
    std::string sni;
    std::string target;
    std::string decoy;
    std::string ends;                ///< the page of torture serve; empty: they are here
    std::filesystem::path identity;  ///< who signs there
    std::string product;
    PeerFlags peer;
    std::vector<std::string> only;
    unsigned jobs = 32;
    std::uint64_t seed = torture::kSeed;
    torture::Patience patience;
    std::filesystem::path baseline;
    std::filesystem::path junit;
    std::filesystem::path html;
    bool list = false;
    bool json = false;
};

/// The name of a gateway that is started for this, where --sni gives none.
inline constexpr const char* kPeersName = "a.test";

/// The command line that asks the same gateway, for whoever wants to see one shape again.
std::string command_of(const TortureFlags& flags);

/// Of a gateway that is not started for this. Throws Failure(Exit::usage) with all that is wrong.
void require_flags(const TortureFlags& flags);

/// Where an end shall listen: at the address that was given, or a port of loopback.
Endpoint end_of(Checked& checked, const char* flag, const std::string& text);

/// Those of --only, or all. Throws Failure(Exit::usage) for a pattern that fits none.
std::vector<torture::Shape> chosen_shapes(const TortureFlags& flags, const std::string& sni);

/// Takes those out that ends elsewhere cannot be told to do, and returns their names. Throws
/// Failure(Exit::usage) when nothing is left.
std::vector<std::string> leave_out(std::vector<torture::Shape>& shapes);

/// What --print-config prints. Throws Failure as ask_gateway().
std::string peer_config(const TortureFlags& flags);

/// Asks the gateway of the flags, or starts the one that they name and asks that.
torture::Run ask_gateway(const TortureFlags& flags, Streams io);

/// torture serve.
void add_torture_serve(CLI::App& torture, Action& chosen);
/// torture compare.
void add_torture_compare(CLI::App& torture, Action& chosen);

}  // namespace sni::cli
