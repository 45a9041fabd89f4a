// Other programs as witnesses: run without a shell, with a deadline.
#pragma once

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sni::test {

/// `status` is the exit code, or 128 and the signal.
struct Finished {
    int status = -1;
    std::string out;
    std::string err;
};

/// Runs `command`, found through PATH, gives it `input` to read, and waits for its end. Throws when
/// it cannot be started or is still there after `within`; it is killed then.
inline Finished run_program(const std::vector<std::string>& command, std::string_view input = {},
                            std::chrono::milliseconds within = std::chrono::seconds(60)) {
    enum PipeEnd { reading, writing };
    int pipes[3][2];
    for (auto& ends : pipes) {
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[0][reading], 0);
    posix_spawn_file_actions_adddup2(&actions, pipes[1][writing], 1);
    posix_spawn_file_actions_adddup2(&actions, pipes[2][writing], 2);
    std::vector<char*> argv;
    argv.reserve(command.size() + 1);
    for (const std::string& word : command) {
        argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipes[0][reading]);
    ::close(pipes[1][writing]);
    ::close(pipes[2][writing]);
    int to_child = error == 0 ? pipes[0][writing] : -1;
    if (error != 0) {
        ::close(pipes[0][writing]);
        ::close(pipes[1][reading]);
        ::close(pipes[2][reading]);
        throw std::runtime_error("cannot start " + command.front());
    }

    Finished finished;
    const auto deadline = std::chrono::steady_clock::now() + within;
    pollfd watched[3] = {
        {to_child, POLLOUT, 0}, {pipes[1][reading], POLLIN, 0}, {pipes[2][reading], POLLIN, 0}};
    ::fcntl(to_child, F_SETFL, O_NONBLOCK);
    const auto drop = [](pollfd& end) {
        ::close(end.fd);
        end.fd = -1;
    };
    bool late = false;
    while (watched[1].fd >= 0 || watched[2].fd >= 0) {
        if (watched[0].fd >= 0 && input.empty()) drop(watched[0]);
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        late = left.count() <= 0 || ::poll(watched, 3, static_cast<int>(left.count())) == 0;
        if (late) break;
        if (watched[0].fd >= 0 && watched[0].revents != 0) {
            const ssize_t count = ::write(watched[0].fd, input.data(), input.size());
            if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
            if (count < 0 && errno != EAGAIN) drop(watched[0]);
        }
        for (int i = 1; i <= 2; ++i) {
            if (watched[i].fd < 0 || watched[i].revents == 0) continue;
            char chunk[4096];
            const ssize_t count = ::read(watched[i].fd, chunk, sizeof chunk);
            std::string& text = i == 1 ? finished.out : finished.err;
            if (count > 0) text.append(chunk, static_cast<std::size_t>(count));
            if (count <= 0) drop(watched[i]);
        }
    }
    for (pollfd& end : watched) {
        if (end.fd >= 0) drop(end);
    }
    if (late) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (late) throw std::runtime_error(command.front() + " did not finish in time");
    finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return finished;
}

}  // namespace sni::test
