#include "cli/detach.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/descriptor.h"

namespace sni::cli {

namespace {

/// The child tells its parent in one message: a digit for the exit code, then the text.
/// False when nobody is left to be told.
bool tell(const net::Descriptor& pipe, Exit exit, std::string_view text) {
    const std::string message = fmt::format("{}{}", static_cast<int>(exit), text);
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

[[noreturn]] void run_detached(const std::filesystem::path& state, net::Descriptor pipe,
                               const Detached& work) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);  // no session leader: it can never get a terminal again
    leave_terminal(state);
    Exit exit = Exit::machine;
    bool told = false;
    std::ostringstream failed;
    try {
        exit = work(std::cerr, [&](const std::string& text) {
            const bool heard = tell(pipe, Exit::yes, text);
            pipe.reset();
            told = true;
            // A lab that nobody knows of would hold its ports until somebody hunts it down.
            if (!heard)
                throw Failure(Exit::machine, code::kUnexpected,
                              "whoever started this lab ended before it could serve");
        });
    } catch (const Failure& failure) {
        exit = failure.exit();
        for (const Diagnostic& diagnostic : failure.diagnostics()) {
            failed << render(diagnostic);
        }
    } catch (const std::exception& error) {
        failed << render(
            Diagnostic{.code = std::string(code::kUnexpected), .message = error.what()});
    }
    if (!told) tell(pipe, exit, failed.str());
    if (told) std::cerr << failed.str();
    ::_exit(static_cast<int>(exit));
}

}  // namespace

Exit detach(const std::filesystem::path& state, Streams io, const Detached& work) {
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
        run_detached(state, std::move(write_end), work);
    }
    write_end.reset();
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    const std::string message = read_all(read_end);
    if (message.empty()) {
        throw Failure(Exit::machine, code::kUnexpected, "the lab ended before it could serve", {},
                      "see sni-lab logs");
    }
    const auto exit = static_cast<Exit>(message.front() - '0');
    (exit == Exit::yes ? io.out : io.err) << std::string_view(message).substr(1);
    return exit;
}

}  // namespace sni::cli
