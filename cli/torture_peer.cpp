#include "cli/torture_peer.h"

#include <fstream>

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

namespace {

peers::Program found_program(const std::string& flag, const std::filesystem::path& scratch) {
    const std::size_t equals = flag.find('=');
    const std::string name = flag.substr(0, equals);
    const auto product = peers::product_named(name);
    if (!product) {
        refuse(fmt::format("--peer: nobody knows how to set \"{}\" up", printable(name)),
               "one of " + peers::product_names() + "; others are asked with --gateway");
    }
    std::string path = equals == std::string::npos ? "" : flag.substr(equals + 1);
    if (path.empty() && *product == peers::Product::sni_lab) {
        path = std::filesystem::read_symlink("/proc/self/exe").string();
    }
    auto program = peers::find(*product, path, scratch);
    if (!program) {
        throw Failure(Exit::machine, code::kTorturePeer,
                      fmt::format("{} cannot be started here", name), program.error(),
                      fmt::format("install it, or name its program: --peer {}=/PATH", name));
    }
    return std::move(*program);
}

}  // namespace

CLI::Option* add_peer_flags(CLI::App& cmd, PeerFlags& flags) {
    CLI::Option* peer =
        cmd.add_option("--peer", flags.peer,
                       "Start this installed gateway and ask it: " + peers::product_names() +
                           "; PROGRAM where it is not in PATH")
            ->type_name("NAME[=PROGRAM]");
    cmd.add_option("--config", flags.config,
                   "Set it up as the common guides do, with a default backend (guide), or as an "
                   "expert would (tuned); default: guide")
        ->check(CLI::IsMember({"guide", "tuned"}))
        ->needs(peer);
    cmd.add_flag("--print-config", flags.print,
                 "Only print its files and its command line, and start nothing")
        ->needs(peer);
    return peer;
}

Peer::Peer(const PeerFlags& flags)
    : program_(found_program(flags.peer, folder_.path() / "said")),
      config_(flags.config == to_string(peers::Config::guide) ? peers::Config::guide
                                                              : peers::Config::tuned) {}

peers::Passthrough Peer::site(const std::string& name, const Endpoint& target,
                              const Endpoint& decoy,
                              std::chrono::milliseconds hello_timeout) const {
    return {.name = name,
            .listen = loopback(peers::free_port()),
            .target = target,
            .decoy = decoy,
            .folder = folder_.path().string(),
            .hello_timeout = hello_timeout};
}

std::string Peer::text(const peers::Passthrough& site) const {
    const peers::Setup setup =
        set_up(program_.product, config_, site, program_.path, program_.module);
    std::string text;
    for (const auto& [name, content] : setup.files) {
        text += fmt::format("# {}/{}\n{}\n", site.folder, name, content);
    }
    text += "#";
    for (const std::string& word : setup.command) {
        text += " " + shell_quoted(word);
    }
    return text + "\n";
}

void Peer::start(const peers::Passthrough& site) {
    const peers::Setup setup =
        set_up(program_.product, config_, site, program_.path, program_.module);
    peers::write_files(setup, folder_.path());
    child_.reset();
    child_.emplace(setup.command, folder_.path() / "output");
}

void Peer::require_running() {
    if (child_ && child_->running()) return;
    throw Failure(Exit::machine, code::kTorturePeer,
                  fmt::format("{} ended at once", to_string(program_.product)),
                  child_ ? printable(child_->last_words()) : "",
                  "--print-config shows what it was started with");
}

std::optional<std::string> Peer::ended() {
    constexpr std::chrono::milliseconds kMoment{500};  // of a core that is written
    if (!child_ || !child_->wait(kMoment)) return std::nullopt;
    const std::string words = printable(child_->last_words());
    return child_->how_it_ended() + (words.empty() ? "" : fmt::format(" (\"{}\")", words));
}

}  // namespace sni::cli
