// Readers that do not read: a pipe that a harness never drains, a terminal after Ctrl-S. What
// serves goes on serving, and ends when it is told to.
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>

#include "lab/net/descriptor.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"

namespace e2e_undrained_test {

using namespace sni;
using namespace sni::test;

namespace {

/// A stderr for a program, and the end that nobody reads.
struct Undrained {
    net::Descriptor ours;
    net::Descriptor programs;
};

Undrained full_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4'096);
    Undrained pipe{net::Descriptor(ends[0]), net::Descriptor(ends[1])};
    const std::string filling(4'096, 'x');
    REQUIRE(::write(pipe.programs.fd(), filling.data(), filling.size()) == 4'096);
    return pipe;
}

Undrained stopped_terminal() {
    int ours = -1;
    int programs = -1;
    REQUIRE(::openpty(&ours, &programs, nullptr, nullptr, nullptr) == 0);
    REQUIRE(::tcflow(programs, TCOOFF) == 0);
    return {net::Descriptor(ours), net::Descriptor(programs)};
}

/// Each leaves a line: what it says is no TLS.
void connect_and_leave(const Endpoint& router, int times) {
    for (int i = 0; i < times; ++i) {
        Peer client = Peer::to(router);
        client.send(bytes_of("no TLS\r\n\r\n"));
        REQUIRE(client.end() != End::silent);
    }
}

/// Its exit code, or that of a program that did not hear.
int told_to_end(Background& program) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    ::kill(program.pid(), SIGTERM);
    siginfo_t ended{};
    while (ended.si_pid == 0 && std::chrono::steady_clock::now() < until) {
        ::waitid(P_PID, static_cast<id_t>(program.pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
    }
    CHECK(ended.si_pid != 0);
    return program.end(ended.si_pid != 0 ? SIGTERM : SIGKILL);
}

Endpoint endpoint_after(const std::string& line, const std::string& words) {
    INFO(line);
    const std::size_t at = line.find(words);
    REQUIRE(at != std::string::npos);
    const std::size_t from = at + words.size();
    return parse_endpoint(line.substr(from, line.find_first_of(" ,\n", from) - from)).value();
}

std::vector<Undrained> all_kinds() {
    std::vector<Undrained> kinds;
    kinds.push_back(full_pipe());
    kinds.push_back(stopped_terminal());
    return kinds;
}

}  // namespace

TEST_CASE("up serves and ends while nobody reads its stderr", "[e2e]") {
    for (const Undrained& err : all_kinds()) {
        const LabFolder lab;
        const std::string port = free_port();
        Background up(lab.command({"up", "--listen", "127.0.0.1:" + port}), err.programs.fd());
        while (up.line().find("127.0.0.1:" + port) == std::string::npos) {
        }
        connect_and_leave(parse_endpoint("127.0.0.1:" + port).value(), 50);
        CHECK(told_to_end(up) == 0);
        const std::string log = slurp(lab / ".sni-lab/lab.log");
        CHECK(std::ranges::count(log, '\n') == 50);  // this reader was not stuck
    }
}

TEST_CASE("a router serves and ends while nobody reads its stderr", "[e2e]") {
    for (const Undrained& err : all_kinds()) {
        const LabFolder lab;
        Background router(lab.command({"router", "--listen", "0.0.0.0:0", "--route",
                                       "a.example.com=127.0.0.1:1", "--access-log", "-"}),
                          err.programs.fd());
        const Endpoint door = endpoint_after(router.line(), "ready ");
        connect_and_leave(loopback(door.port), 50);
        ::kill(router.pid(), SIGHUP);
        connect_and_leave(loopback(door.port), 50);
        CHECK(told_to_end(router) == 0);
    }
}

TEST_CASE("a backend serves and ends while nobody reads its stderr", "[e2e]") {
    constexpr int kRequests = 500;
    for (const Undrained& err : all_kinds()) {
        const LabFolder lab;
        REQUIRE(lab.run({"certgen"}).status == 0);
        const std::string pair = ".sni-lab/certs/httpbin.example.com";
        const std::string port = free_port();
        Background backend(
            lab.command({"backend", "--listen", "127.0.0.1:0", "--plain", "127.0.0.1:" + port,
                         "--cert", pair + ".crt", "--key", pair + ".key"}),
            err.programs.fd());
        backend.line();
        Peer client = Peer::to(parse_endpoint("127.0.0.1:" + port).value());
        for (int i = 1; i <= kRequests; ++i) {
            client.send(bytes_of(std::string("GET /status/204 HTTP/1.1\r\nHost: a\r\n") +
                                 (i == kRequests ? "Connection: close\r\n" : "") + "\r\n"));
        }
        End how{};
        const Buffer answers = client.read_all(how);
        const std::string text(reinterpret_cast<const char*>(answers.data()), answers.size());
        std::size_t answered = 0;
        for (std::size_t at = 0; (at = text.find("HTTP/1.1 204", at)) != std::string::npos; ++at) {
            ++answered;
        }
        CHECK(answered == kRequests);
        CHECK(told_to_end(backend) == 0);
    }
}

TEST_CASE("a router whose stdout nobody reads serves, and is told to end", "[e2e]") {
    const LabFolder lab;
    const std::string port = free_port();
    const Undrained out = full_pipe();
    // The shell hands the full pipe on as stdout, too.
    std::vector<std::string> words = {"sh", "-c", "exec \"$@\" 1>&2", "sh"};
    for (const std::string& word :
         lab.command({"router", "--listen", "127.0.0.1:" + port, "--route", "*=127.0.0.1:1"})) {
        words.push_back(word);
    }
    Background stuck(words, out.programs.fd());
    const Endpoint door = parse_endpoint("127.0.0.1:" + port).value();
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (bool served = false; !served;) {
        REQUIRE(std::chrono::steady_clock::now() < until);
        try {
            connect_and_leave(door, 1);
            served = true;
        } catch (const std::exception&) {
        }
    }
    CHECK(told_to_end(stuck) == 7);  // "ready" never got out
}

TEST_CASE("the log of a backend goes to a file, that is opened anew on SIGUSR1, or nowhere",
          "[e2e]") {
    const LabFolder lab;
    REQUIRE(lab.run({"certgen"}).status == 0);
    const std::string pair = ".sni-lab/certs/httpbin.example.com";
    const std::string port = free_port();
    const auto ask = [&] {
        Peer client = Peer::to(parse_endpoint("127.0.0.1:" + port).value());
        client.send(bytes_of("GET /get HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        End how{};
        client.read_all(how);
    };
    const auto lines_of = [&](const char* file, std::ptrdiff_t wanted) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        std::ptrdiff_t lines = 0;
        while (std::chrono::steady_clock::now() < until && lines != wanted) {
            const std::string text = slurp(lab / file);
            lines = std::ranges::count(text, '\n');
        }
        return lines;
    };
    Background backend(
        lab.command({"backend", "--listen", "127.0.0.1:0", "--plain", "127.0.0.1:" + port, "--cert",
                     pair + ".crt", "--key", pair + ".key", "--access-log", "log"}));
    backend.line();
    ask();
    CHECK(lines_of("log", 1) == 1);
    std::filesystem::rename(lab / "log", lab / "log.1");
    ::kill(backend.pid(), SIGUSR1);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!std::filesystem::exists(lab / "log")) {
        REQUIRE(std::chrono::steady_clock::now() < until);
    }
    ask();
    ask();
    CHECK(lines_of("log", 2) == 2);
    CHECK(told_to_end(backend) == 0);
    CHECK(lines_of("log.1", 1) == 1);
}

}  // namespace e2e_undrained_test
