#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "lab/core/diagnostic.h"
#include "lab/log/line_log.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace log_queue_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

/// A pipe in the place of stderr, for as long as this is there.
class StderrPipe {
  public:
    StderrPipe() : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        reader_ = net::Descriptor(ends[0]);
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    ~StderrPipe() { ::dup2(before_.fd(), STDERR_FILENO); }
    StderrPipe(const StderrPipe&) = delete;
    StderrPipe& operator=(const StderrPipe&) = delete;
    const net::Descriptor& reader() const { return reader_; }

  private:
    net::Descriptor before_;
    net::Descriptor reader_;
};

}  // namespace

TEST_CASE("a log on a standard stream leaves the stream's own flags to others", "[log]") {
    const StderrPipe pipe;
    const int before = ::fcntl(STDERR_FILENO, F_GETFL);
    {
        log::LineLog log(STDERR_FILENO);
        log.line("a line");
        CHECK(log.flush(20s));
    }
    CHECK(::fcntl(STDERR_FILENO, F_GETFL) == before);
    char text[16] = "";
    CHECK(::read(pipe.reader().fd(), text, sizeof text) == 7);
    CHECK(std::string(text) == "a line\n");
}

TEST_CASE("a standard stream that nobody reads holds up no thread that says something", "[log]") {
    const StderrPipe pipe;
    const auto began = std::chrono::steady_clock::now();
    std::size_t lost = 0;
    {
        log::LineLog log(STDERR_FILENO);
        for (int i = 0; i < 20'000; ++i) {
            log.line(std::string(100, 'x'));
        }
        CHECK_FALSE(log.flush(10ms));
        log.close();
        lost = log.lost();
    }
    CHECK(std::chrono::steady_clock::now() - began < 20s);
    CHECK(lost > 20'000 - 8'192 - 1'000);  // the pipe and the queue have the others
    CHECK(lost < 20'000);
}

TEST_CASE("a log's queue is bounded in bytes, too, and the oldest lines go", "[log]") {
    const test::TempFolder folder;
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const net::Descriptor reader(ends[0]);
    const net::Descriptor writer(ends[1]);
    auto output = log::Output::standard(writer.fd());
    REQUIRE(output);
    log::Queue<std::string> queue(
        std::move(*output), [](const std::string& line) { return line; },
        [](const std::string& line) { return line.size(); },
        {.bytes = 1u << 20, .last_words = 100ms});
    for (int i = 0; i < 200; ++i) {
        queue.push(std::string(65'536, 'x') + "\n");
    }
    // One batch may be with the writer, of as much again.
    CHECK(queue.lost() >= 200 - 2 * 16 - 1);
    queue.close();
    CHECK(queue.lost() >= 199);
}

TEST_CASE("a log goes on in a new file when the old one was moved away", "[log]") {
    const test::TempFolder folder;
    log::LineLog log({.path = folder / "log"}, "the log", "");
    log.line("before");
    CHECK(log.flush(20s));
    std::filesystem::rename(folder / "log", folder / "log.1");
    log.line("still there");
    CHECK(log.flush(20s));
    log.reopen();
    log.line("after");
    CHECK(log.flush(20s));
    CHECK(test::slurp(folder / "log.1") == "before\nstill there\n");
    CHECK(test::slurp(folder / "log") == "after\n");
}

TEST_CASE("a line that an earlier run left torn spoils no other", "[log]") {
    const test::TempFolder folder;
    test::spill(folder / "log", "before\nto");
    test::spill(folder / "later", "to");
    log::LineLog log({.path = folder / "log"}, "the log", "");
    log.line("after");
    CHECK(log.flush(20s));
    std::filesystem::rename(folder / "later", folder / "log.1");
    CHECK(test::slurp(folder / "log") == "before\nto\nafter\n");
    std::filesystem::rename(folder / "log.1", folder / "log");
    log.reopen();
    log.line("anew");
    CHECK(log.flush(20s));
    CHECK(test::slurp(folder / "log") == "to\nanew\n");
}

TEST_CASE("a log that cannot be opened anew keeps the file that it has", "[log]") {
    const test::TempFolder folder;
    log::LineLog log({.path = folder / "log"}, "the log", "");
    std::filesystem::rename(folder / "log", folder / "log.1");
    std::filesystem::create_directory(folder / "log");
    CHECK_THROWS_AS(log.reopen(), Failure);
    log.line("after");
    CHECK(log.flush(20s));
    CHECK(test::slurp(folder / "log.1") == "after\n");
}

TEST_CASE("a log that rotates keeps two files, each of whole lines and at most so long", "[log]") {
    const test::TempFolder folder;
    {
        log::LineLog log({.path = folder / "log",
                          .mode = 0600,
                          .enforce_mode = true,
                          .rotate_at = 1'000,
                          .older = folder / "log.1"},
                         "the log", "");
        for (int i = 0; i < 100; ++i) {
            log.line(std::string(99, 'x'));
            CHECK(log.flush(20s));
        }
    }
    CHECK(test::slurp(folder / "log").size() == 1'000);
    CHECK(test::slurp(folder / "log.1").size() == 1'000);
    CHECK(test::mode_of(folder / "log") == 0600);
}

TEST_CASE("a log that must not follow links refuses one", "[log]") {
    const test::TempFolder folder;
    test::spill(folder / "precious", "mine");
    std::filesystem::create_symlink(folder / "precious", folder / "log");
    const log::FilePlace place{.path = folder / "log", .follow_links = false};
    CHECK_THROWS_AS(log::LineLog(place, "the log", ""), Failure);
    CHECK(test::slurp(folder / "precious") == "mine");
}

TEST_CASE("a log's thread takes no signal from those who wait for one", "[log]") {
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR2);
    const test::TempFolder folder;
    const log::LineLog log({.path = folder / "log"}, "the log", "");  // its thread begins first
    ::pthread_sigmask(SIG_BLOCK, &ours, &before);
    ::kill(::getpid(), SIGUSR2);  // to whichever thread of this process takes it
    const timespec patience{.tv_sec = 20, .tv_nsec = 0};
    CHECK(::sigtimedwait(&ours, nullptr, &patience) == SIGUSR2);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace log_queue_test
