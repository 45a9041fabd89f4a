#include "cli/detach.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/caught.h"
#include "cli/flags.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/descriptor.h"
#include "lab/report/json.h"

namespace sni::cli {

namespace {

/// What the parent prints, and how it ends.
struct Told {
    Exit exit = Exit::machine;
    std::string out;
    std::string err;
};
constexpr char kBetween = '\0';  // in neither of them

/// The child tells its parent in one message: a digit for the exit code, then the texts.
/// False when nobody is left to be told.
bool tell(const net::Descriptor& pipe, const Told& told) {
    const std::string message =
        fmt::format("{}{}{}{}", static_cast<int>(told.exit), told.out, kBetween, told.err);
    std::string_view rest = message;
    while (!rest.empty()) {
        const ssize_t wrote = ::write(pipe.fd(), rest.data(), rest.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

std::string read_all(const net::Descriptor& pipe) {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t got = ::read(pipe.fd(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

void leave_terminal(const std::filesystem::path& state) {
    const net::Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const net::Descriptor log(::open(lab_log(state).c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!nothing) return;
    ::dup2(nothing.fd(), STDIN_FILENO);
    ::dup2(nothing.fd(), STDOUT_FILENO);
    ::dup2(log ? log.fd() : nothing.fd(), STDERR_FILENO);
}

/// Those of whoever started us, such as the lock of flock(1): ours are closed at exec, all of them.
void close_inherited() {
    std::vector<int> inherited;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", none)) {
        const int fd = std::atoi(entry.path().filename().c_str());
        const int flags = fd > STDERR_FILENO ? ::fcntl(fd, F_GETFD) : FD_CLOEXEC;
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) inherited.push_back(fd);
    }
    for (const int fd : inherited) {
        ::close(fd);
    }
}

[[noreturn]] void run_detached(const std::filesystem::path& state, net::Descriptor pipe,
                               const Detached& work, bool json) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);  // no session leader: it can never get a terminal again
    leave_terminal(state);
    Exit exit = Exit::machine;
    bool told = false;
    std::string failed;
    std::string answer;
    try {
        exit = work(std::cerr, [&](const std::string& text) {
            close_inherited();  // whatever of them the lab's logs are is open anew by now
            const bool heard = tell(pipe, {.exit = Exit::yes, .out = text});
            pipe.reset();
            told = true;
            // A lab that nobody knows of would hold its ports until somebody hunts it down.
            if (!heard)
                throw Failure(Exit::machine, code::kUnexpected,
                              "whoever started this lab ended before it could serve");
        });
    } catch (...) {
        const Failure failure = caught();
        std::ostringstream text;
        cli::tell(failure, text);
        failed = text.str();
        if (json) answer = report::print(report::failure_json(failure));
        exit = failure.exit();
    }
    if (!told) tell(pipe, {exit, answer, failed});
    if (told) std::cerr << failed;
    ::_exit(static_cast<int>(exit));
}

}  // namespace

Exit detach(const std::filesystem::path& state, Streams io, bool json, const Detached& work) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Failure(Exit::machine, code::kUnexpected, "no pipe could be made",
                      std::strerror(errno));
    }
    net::Descriptor read_end(ends[0]);
    net::Descriptor write_end(ends[1]);
    io.out.flush();
    io.err.flush();
    const pid_t child = ::fork();
    if (child < 0)
        throw Failure(Exit::machine, code::kUnexpected, "no process could be started",
                      std::strerror(errno));
    if (child == 0) {
        read_end.reset();
        run_detached(state, std::move(write_end), work, json);
    }
    write_end.reset();
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    const std::string message = read_all(read_end);
    if (message.empty()) {
        throw Failure(Exit::machine, code::kUnexpected, "the lab ended before it could serve", {},
                      fmt::format("see sni-lab logs{}", state_flag(state)));
    }
    const auto exit = static_cast<Exit>(message.front() - '0');
    const std::size_t between = std::min(message.find(kBetween), message.size());
    io.out << std::string_view(message).substr(1, between - 1);
    io.err << std::string_view(message).substr(std::min(between + 1, message.size()));
    return exit;
}

}  // namespace sni::cli
