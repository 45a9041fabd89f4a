#include "lab/peers/live/child.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/net/descriptor.h"

namespace sni::peers {

namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

/// Entries of a /proc folder that are numbers.
std::vector<pid_t> numbers_in(const fs::path& folder) {
    std::vector<pid_t> numbers;
    std::error_code gone;
    for (fs::directory_iterator entry(folder, gone), end; !gone && entry != end;
         entry.increment(gone)) {
        const std::string name = entry->path().filename();
        pid_t number = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
        if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size())
            numbers.push_back(number);
    }
    return numbers;
}

/// The fields of /proc/PID/stat behind the name, which may itself hold spaces and brackets: state,
/// ppid, pgrp, …
std::vector<std::string> stat_of(pid_t pid) {
    const std::string text = read_text(fmt::format("/proc/{}/stat", pid));
    std::vector<std::string> fields;
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return fields;
    std::istringstream rest(text.substr(name_end + 1));
    for (std::string field; rest >> field;) {
        fields.push_back(std::move(field));
    }
    return fields;
}

/// Nanoseconds of one process. The clock ticks of stat are 10 ms; schedstat, where there is one,
/// counts nanoseconds for each thread.
std::chrono::nanoseconds cpu_of(pid_t pid) {
    std::chrono::nanoseconds sum{0};
    for (const pid_t thread : numbers_in(fmt::format("/proc/{}/task", pid))) {
        std::int64_t nanoseconds = 0;
        std::ifstream file(fmt::format("/proc/{}/task/{}/schedstat", pid, thread));
        if (file >> nanoseconds) sum += std::chrono::nanoseconds(nanoseconds);
    }
    if (sum.count() > 0) return sum;
    const std::vector<std::string> fields = stat_of(pid);
    if (fields.size() < 13) return sum;
    const long ticks = std::atol(fields[11].c_str()) + std::atol(fields[12].c_str());
    return std::chrono::nanoseconds(1'000'000'000 / ::sysconf(_SC_CLK_TCK) * ticks);
}

std::uint64_t memory_of(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("Pss:")) return std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
    }
    return 0;
}

/// Between fork and exec only what is async-signal-safe: other threads may have held any lock.
[[noreturn]] void become(char* const* argv, int log, int nothing, std::size_t most_written) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGXFSZ, SIG_DFL);
    if (most_written > 0) {
        const rlimit most{most_written, most_written};
        ::setrlimit(RLIMIT_FSIZE, &most);
    }
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(argv[0], argv);
    ::_exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const fs::path& log, std::size_t most_written)
    : log_(log) {
    std::vector<std::string> words = command;
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const net::Descriptor out(
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    const net::Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    pid_ = out && nothing ? ::fork() : -1;
    if (pid_ < 0) {
        throw Failure(Exit::machine, code::kUnexpected,
                      fmt::format("\"{}\" cannot be started", printable(command.front())),
                      std::strerror(errno));
    }
    if (pid_ == 0) become(argv.data(), out.fd(), nothing.fd(), most_written);
    ::setpgid(pid_, pid_);  // whoever of the two comes first; a kill must find the group
}

Child::~Child() {
    if (pid_ <= 0) return;
    // A router that drains takes the second SIGTERM for "at once"; the others need one.
    for (int tries = 0; tries < 20 && !ended_; ++tries) {
        ::kill(pid_, SIGTERM);
        wait(std::chrono::milliseconds(50));
    }
    ::kill(-pid_, SIGKILL);
    if (!ended_) {
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

bool Child::running() {
    while (!ended_) {
        const pid_t found = ::waitpid(pid_, &status_, WNOHANG);
        if (found == 0) return true;
        if (found < 0 && errno == EINTR) continue;
        ended_ = true;
    }
    return false;
}

bool Child::wait(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (running()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

std::string Child::how_it_ended() {
    if (running()) return "";
    if (!WIFSIGNALED(status_)) return fmt::format("with status {}", WEXITSTATUS(status_));
    const int signal = WTERMSIG(status_);
    return fmt::format("by signal {} ({})", signal, ::strsignal(signal));
}

std::vector<pid_t> Child::tree() const {
    std::vector<pid_t> members;
    const std::string group = fmt::format("{}", pid_);
    for (const pid_t pid : numbers_in("/proc")) {
        const std::vector<std::string> fields = stat_of(pid);
        if (fields.size() > 2 && fields[2] == group) members.push_back(pid);
    }
    return members;
}

std::chrono::nanoseconds Child::cpu() const {
    std::chrono::nanoseconds sum{0};
    for (const pid_t pid : tree()) {
        sum += cpu_of(pid);
    }
    return sum;
}

std::uint64_t Child::memory() const {
    std::uint64_t sum = 0;
    for (const pid_t pid : tree()) {
        sum += memory_of(pid);
    }
    return sum;
}

std::string Child::last_words() const {
    std::istringstream text(read_text(log_));
    std::string last;
    for (std::string line; std::getline(text, line);) {
        if (!line.empty()) last = std::move(line);
    }
    return last;
}

std::optional<std::string> find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path ? path : "") + ":/usr/local/sbin:/usr/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::string candidate = fmt::format("{}/{}", folder, name);
        if (folder.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::nullopt;
}

std::string output_of(const std::vector<std::string>& command, const fs::path& scratch) {
    {
        Child child(command, scratch, kMostOutput);
        child.wait(std::chrono::seconds(5));
    }
    return read_text(scratch);
}

}  // namespace sni::peers
