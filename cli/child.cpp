#include "cli/child.h"

#include <chrono>
#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

std::vector<std::string> environment_with(const Environment& extra) {
    std::vector<std::string> variables;
    for (char** entry = environ; *entry; ++entry) {
        variables.emplace_back(*entry);
    }
    for (const auto& [name, value] : extra) {
        std::erase_if(variables,
                      [&](const std::string& entry) { return entry.starts_with(name + "="); });
        variables.push_back(fmt::format("{}={}", name, value));
    }
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

pid_t spawn(std::vector<std::string> command, const Environment& extra) {
    // What this process blocks and ignores is its own business, not the command's.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> variables = environment_with(extra);
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, command.front().c_str(), nullptr, &attributes,
                                     pointers(command).data(), pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        throw Failure(Exit::usage, code::kCommandFailed,
                      fmt::format("\"{}\" could not be started", printable(command.front())),
                      std::strerror(error), "is it in PATH, and executable?");
    }
    return pid;
}

}  // namespace

Exit run_child(const std::vector<std::string>& command, const Environment& extra, Signals& signals,
               bool hangup_ends) {
    const pid_t pid = spawn(command, extra);
    for (;;) {
        int status = 0;
        if (::waitpid(pid, &status, WNOHANG) == pid) {
            const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            // Any status is a fair one for the command.
            return static_cast<Exit>(code);  // NOLINT(clang-analyzer-optin.core.EnumCastOutOfRange)
        }
        const auto event = signals.wait_for(std::chrono::milliseconds(10));
        if (event == Signals::Event::stop) ::kill(pid, SIGTERM);
        if (event == Signals::Event::reload && hangup_ends) ::kill(pid, SIGHUP);
    }
}

}  // namespace sni::cli
