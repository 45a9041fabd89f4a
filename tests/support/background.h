// A program that runs beside the test: started without a shell, in a process group of its own, and
// ended with it, always by its own pid.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sni::test {

class Background {
  public:
    /// Its stderr is `err`, which stays the caller's, or goes nowhere.
    explicit Background(const std::vector<std::string>& command, int err = -1) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        if (err >= 0) {
            posix_spawn_file_actions_adddup2(&actions, err, 2);
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        }
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        // Whoever runs the tests may have them ignore a hangup (nohup); who is tested does not.
        sigset_t defaults;
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGHUP);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
        std::vector<char*> argv;
        for (const std::string& word : command) {
            argv.push_back(const_cast<char*>(word.c_str()));
        }
        argv.push_back(nullptr);
        const int error =
            ::posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        out_ = ends[0];
        if (error != 0) throw std::runtime_error("cannot start " + command.front());
    }
    ~Background() {
        if (pid_ > 0) ::kill(-pid_, SIGKILL);  // its children, too: nginx has workers
        end(SIGKILL);
        ::close(out_);
    }
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    /// The next line of its stdout, without the newline. Throws when it ends or is silent for too
    /// long.
    std::string line(std::chrono::seconds within = std::chrono::seconds(20)) {
        const auto deadline = std::chrono::steady_clock::now() + within;
        for (;;) {
            if (const std::size_t end = seen_.find('\n'); end != std::string::npos) {
                std::string taken = seen_.substr(0, end);
                seen_.erase(0, end + 1);
                return taken;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            pollfd watched{out_, POLLIN, 0};
            if (left.count() <= 0 || ::poll(&watched, 1, static_cast<int>(left.count())) <= 0)
                throw std::runtime_error("no line came");
            char chunk[1024];
            const ssize_t got = ::read(out_, chunk, sizeof chunk);
            if (got <= 0) throw std::runtime_error("the program ended");
            seen_.append(chunk, static_cast<std::size_t>(got));
        }
    }

    /// Sends `signal`, waits, and returns the exit code, or 128 and the signal that ended it.
    int end(int signal) {
        if (pid_ <= 0) return status_;
        ::kill(pid_, signal);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return status_;
    }

    pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = 0;
    int out_ = -1;
    int status_ = -1;
    std::string seen_;
};

}  // namespace sni::test
