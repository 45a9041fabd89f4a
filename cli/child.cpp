#include "cli/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor.h"
#include "lab/net/wait.h"

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

/// What a child's own descriptors are; `out` is the writing end for its stdout.
class Redirections {
  public:
    Redirections() { posix_spawn_file_actions_init(&actions_); }
    ~Redirections() { posix_spawn_file_actions_destroy(&actions_); }
    Redirections(const Redirections&) = delete;
    Redirections& operator=(const Redirections&) = delete;

    void capture(int out, bool quiet) {
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        if (quiet) {
            posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        }
        captures_ = true;
    }
    bool captures() const { return captures_; }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
    bool captures_ = false;
};

/// With `redirections` in a process group of its own.
pid_t spawn(std::vector<std::string> command, const Environment& extra,
            const Redirections& redirections) {
    // What this process blocks and ignores is its own business, not the command's.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    const int group = redirections.captures() ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(
        &attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
    std::vector<std::string> variables = environment_with(extra);
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, command.front().c_str(), redirections.get(), &attributes,
                                     pointers(command).data(), pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        const bool short_of =
            error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
        throw Failure(short_of ? Exit::machine : Exit::usage, code::kCommandFailed,
                      fmt::format("\"{}\" could not be started", printable(command.front())),
                      std::strerror(error), short_of ? "" : "is it in PATH, and executable?");
    }
    return pid;
}

int status_of(int waited) {
    return WIFSIGNALED(waited) ? 128 + WTERMSIG(waited) : WEXITSTATUS(waited);
}

/// It is still to be waited for.
bool has_ended(pid_t pid) {
    siginfo_t info{};
    const int asked = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
    return asked == 0 && info.si_pid == pid;
}

/// Of what comes as much as there is room for, up to `most` bytes; false when nothing more will.
bool read_piece(int fd, std::size_t most, std::string& into) {
    std::array<char, 16384> piece{};
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got <= 0) return got < 0 && errno == EINTR;
    into.append(piece.data(), std::min(static_cast<std::size_t>(got), most - into.size()));
    return true;
}

/// And no more than that, however much others write.
void read_what_is_there(int fd, std::size_t most, std::string& into) {
    constexpr int kPiece = 16384;
    int there = 0;
    for (::ioctl(fd, FIONREAD, &there); there > 0; there -= kPiece) {
        if (!read_piece(fd, most, into)) return;
    }
}

}  // namespace

Exit run_child(const std::vector<std::string>& command, const Environment& extra, Signals& signals,
               bool hangup_ends) {
    const pid_t pid = spawn(command, extra, Redirections());
    for (;;) {
        int status = 0;
        if (::waitpid(pid, &status, WNOHANG) == pid) {
            const int code = status_of(status);
            // Any status is a fair one for the command.
            return static_cast<Exit>(code);  // NOLINT(clang-analyzer-optin.core.EnumCastOutOfRange)
        }
        const auto event = signals.wait_for(std::chrono::milliseconds(10));
        if (event == Signals::Event::stop) ::kill(pid, Signals::stopped_by());
        if (event == Signals::Event::reload && hangup_ends) ::kill(pid, SIGHUP);
    }
}

Captured run_captured(const std::vector<std::string>& command, const Environment& extra,
                      std::chrono::milliseconds within, std::size_t most, bool quiet,
                      Leftovers leftovers) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Failure(Exit::machine, code::kCommandFailed, "no pipe for what a command prints",
                      std::strerror(errno));
    }
    const net::Descriptor reading(ends[0]);
    net::Descriptor writing(ends[1]);
    Redirections redirections;
    redirections.capture(writing.fd(), quiet);
    const auto deadline = net::Clock::now() + within;
    Signals signals(Signals::Hangup::stops);
    const pid_t pid = spawn(command, extra, redirections);
    writing = {};
    Captured captured;
    const auto over = [&] {
        signals.wait_for(std::chrono::milliseconds(0));
        captured.interrupted = Signals::stopped_by() != 0;
        captured.late = net::Clock::now() >= deadline;
        return captured.interrupted || captured.late;
    };
    bool open = true;
    for (bool ended = false; open && !ended && !over();) {
        constexpr auto kLook = std::chrono::milliseconds(50);
        ended = has_ended(pid);  // others may hold the pipe open
        if (ended) {
            read_what_is_there(reading.fd(), most, captured.out);
        } else if (net::wait_for({{reading.fd()}}, std::min(deadline, net::Clock::now() + kLook))) {
            open = read_piece(reading.fd(), most, captured.out);
        }
    }
    // It may have closed its stdout and go on.
    while (!captured.late && !captured.interrupted && !has_ended(pid)) {
        ::usleep(1000);
        over();
    }
    const bool killed = captured.late || captured.interrupted;
    if (killed || leftovers == Leftovers::ended) ::kill(-pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    captured.status = status_of(status);
    if (WIFSIGNALED(status)) captured.signal = WTERMSIG(status);
    return captured;
}

}  // namespace sni::cli
