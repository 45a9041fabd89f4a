// logs: what the lab on record says.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ostream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lab_record.h"
#include "cli/log_lines.h"
#include "cli/state.h"
#include "cli/terminal.h"
#include "cli/up.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

constexpr std::chrono::milliseconds kLookAgain{200};

/// The log; nothing when there is none. A link, a pipe or a device in its place is not the lab's.
net::Descriptor open_log(const std::filesystem::path& file) {
    net::Descriptor log(
        ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!log && errno == ENOENT) return log;
    struct stat status{};
    const bool open = static_cast<bool>(log);
    const int why = errno;
    if (open && ::fstat(log.fd(), &status) == 0 && S_ISREG(status.st_mode)) return log;
    const bool forbidden = !open && (why == EACCES || why == EPERM);
    throw Failure(forbidden ? Exit::machine : Exit::usage,
                  forbidden ? code::kNoPermission : code::kUnreadableFile,
                  fmt::format("{} cannot be read", printable(file.native())),
                  open || why == ELOOP ? "it is no file of the lab's" : std::strerror(why),
                  "whose lab is it? Choose another folder with --state");
}

/// What was written since the last look.
std::string read_on(const net::Descriptor& log) {
    std::string text;
    std::array<char, 16384> chunk{};
    for (;;) {
        const ssize_t got = ::read(log.fd(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
}

std::string_view last_lines(std::string_view text, std::size_t count) {
    std::size_t at = text.ends_with('\n') ? text.size() - 1 : text.size();
    for (; count > 0 && at != std::string_view::npos; --count) {
        if (at == 0) return text;
        at = text.rfind('\n', at - 1);
    }
    return at == std::string_view::npos ? text : text.substr(std::min(at + 1, text.size()));
}

bool same_file(const net::Descriptor& one, const net::Descriptor& other) {
    struct stat here{};
    struct stat there{};
    return ::fstat(one.fd(), &here) == 0 && ::fstat(other.fd(), &there) == 0 &&
           here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/// What is behind `log`, and what was there before it was begun anew.
std::string read_all(const net::Descriptor& log, const std::filesystem::path& state) {
    const net::Descriptor older = open_log(older_lab_log(state));
    // They are one where it was begun anew just now.
    std::string text = older && !same_file(log, older) ? read_on(older) : "";
    return text += read_on(log);
}

/// The log was rotated, and goes on in a new file of the same name.
bool replaced(const net::Descriptor& log, const std::filesystem::path& file) {
    struct stat here{};
    struct stat there{};
    return ::fstat(log.fd(), &here) == 0 && ::stat(file.c_str(), &there) == 0 &&
           (here.st_ino != there.st_ino || here.st_dev != there.st_dev);
}

}  // namespace

Exit run_logs(const LabOptionsOnRecord& options, Streams io) {
    const std::filesystem::path file = lab_log(options.state);
    net::Descriptor log = open_log(file);
    if (!log) {
        io.err << fmt::format("sni-lab: there is no log in {}\n", options.state.string());
        return Exit::yes;
    }
    ReadableLines lines;
    const report::Style style = style_of(io.out);
    const auto show = [&](std::string_view more) {
        io.out << (options.json ? std::string(more) : report::shown(lines.add(more), style))
               << std::flush;
    };
    const std::string text = read_all(log, options.state);
    show(options.tail ? last_lines(text, *options.tail) : std::string_view(text));
    while (options.follow && io.out) {
        const bool alive = lab_is_alive(options.state);  // before reading: its last words count
        show(read_on(log));
        if (replaced(log, file)) {
            show(read_on(log));  // what came into it since
            log = open_log(file);
            continue;
        }
        if (!alive) break;
        std::this_thread::sleep_for(kLookAgain);
    }
    io.out << report::shown(lines.finish(), style);
    return Exit::yes;
}

}  // namespace sni::cli
