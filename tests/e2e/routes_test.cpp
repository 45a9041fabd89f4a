// The routes file and the access log of a router in the hands of an operator.
#include <chrono>
#include <csignal>
#include <string>

#include <sys/stat.h>

#include "lab/core/endpoint.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"

namespace e2e_routes_test {

using namespace sni;
using namespace sni::test;

namespace {

Endpoint ready_at(Background& router) {
    const std::string line = router.line();
    REQUIRE(line.starts_with("ready "));
    return parse_endpoint(line.substr(6)).value();
}

/// Waits for the text to hold `part`.
std::string file_with(const std::filesystem::path& file, const std::string& part) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::string text;
    while (text.find(part) == std::string::npos) {
        INFO(text);
        REQUIRE(std::chrono::steady_clock::now() < until);
        text = slurp(file);
    }
    return text;
}

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

void speak(const Endpoint& router, const std::string& words) {
    Peer client = Peer::to(router);
    if (!words.empty()) client.send(bytes_of(words));
    client.finish();
    client.end();
}

/// A router whose stderr is a file.
class Logged {
  public:
    Logged(const LabFolder& lab, std::vector<std::string> words)
        : err_(::open((lab / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
          program_(lab.command(with_start(std::move(words))), err_.fd()) {}
    Background& program() { return program_; }

  private:
    static std::vector<std::string> with_start(std::vector<std::string> words) {
        words.insert(words.begin(), {"router", "--listen", "127.0.0.1:0"});
        return words;
    }
    net::Descriptor err_;
    Background program_;
};

}  // namespace

TEST_CASE("a route to the router's own listener is refused", "[e2e]") {
    const LabFolder lab;
    const std::string port = free_port();
    for (const std::string own : {"localhost:", "127.0.0.1:", "0.0.0.0:", "[::ffff:127.0.0.1]:"}) {
        const Finished refused = lab.run(
            {"router", "--listen", "0.0.0.0:" + port, "--route", "a.example.com=" + own + port});
        CHECK(refused.status == 2);
        CHECK(has(refused.err, "[SL5004]"));
    }
    const Finished refused = lab.run({"router", "--listen", "127.0.0.1:" + port, "--non-tls",
                                      "127.0.0.1:" + port, "--route", "a.example.com=127.0.0.1:1"});
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "--non-tls leads to"));
}

TEST_CASE("a routes file without a route is refused, at the start and at a reload", "[e2e]") {
    const LabFolder lab;
    spill(lab / "routes", "# nothing yet\n\n");
    const std::vector<std::string> words = {"router", "--listen", "127.0.0.1:0", "--routes",
                                            "routes"};
    const Finished refused = lab.run(words);
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "[SL5005]"));

    spill(lab / "routes", "a.example.com 127.0.0.1:1\n");
    Logged router(lab, {"--routes", "routes"});
    ready_at(router.program());
    spill(lab / "routes", "");
    ::kill(router.program().pid(), SIGHUP);
    CHECK(has(file_with(lab / "err", "not reloaded"), "[SL5005]"));
    CHECK(router.program().end(SIGTERM) == 0);
}

TEST_CASE("an empty routes file is taken when that is asked for", "[e2e]") {
    const LabFolder lab;
    spill(lab / "routes", "");
    Logged router(lab, {"--routes", "routes", "--allow-empty"});
    ready_at(router.program());
    CHECK(router.program().end(SIGTERM) == 0);
}

TEST_CASE("routes that come out of a pipe are told to come once, and stay at a reload", "[e2e]") {
    const LabFolder lab;
    REQUIRE(::mkfifo((lab / "pipe").c_str(), 0600) == 0);
    Logged router(lab, {"--routes", "pipe"});
    spill(lab / "pipe", "a.example.com 127.0.0.1:1\n");
    ready_at(router.program());
    file_with(lab / "err", "[SL5006]");
    ::kill(router.program().pid(), SIGHUP);
    file_with(lab / "err", "not reloaded: the routes before stay");
    CHECK(router.program().end(SIGTERM) == 0);
}

TEST_CASE("a routes file may begin with a byte order mark", "[e2e]") {
    const LabFolder lab;
    spill(lab / "routes",
          "\xef\xbb\xbf"
          "a.example.com 127.0.0.1:1\n");
    Logged router(lab, {"--routes", "routes"});
    ready_at(router.program());
    CHECK(router.program().end(SIGTERM) == 0);
}

TEST_CASE("a name without an address is told loudly, and the router starts", "[e2e]") {
    const LabFolder lab;
    Logged router(lab, {"--route", "a.example.com=no-such-host.invalid:443"});
    ready_at(router.program());
    const std::string said = file_with(lab / "err", "[SL5002]");
    CHECK(has(said, "warning: \"no-such-host.invalid\" has no address"));
    CHECK(router.program().end(SIGTERM) == 0);
    const Finished strict = lab.run({"router", "--listen", "127.0.0.1:0", "--route",
                                     "a.example.com=no-such-host.invalid:443", "--require-names"});
    CHECK(strict.status == 7);
}

TEST_CASE("the access log is begun anew on SIGHUP and on SIGUSR1", "[e2e]") {
    const LabFolder lab;
    Logged router(lab, {"--route", "a.example.com=127.0.0.1:1", "--access-log", "log"});
    const Endpoint door = ready_at(router.program());
    int moved = 0;
    for (const int signal : {SIGHUP, SIGUSR1}) {
        speak(door, "GET / HTTP/1.1\r\n\r\n");
        file_with(lab / "log", "not_tls");
        std::filesystem::rename(lab / "log", lab / ("log." + std::to_string(++moved)));
        ::kill(router.program().pid(), signal);
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!std::filesystem::exists(lab / "log")) {
            REQUIRE(std::chrono::steady_clock::now() < until);
        }
    }
    speak(door, "GET / HTTP/1.1\r\n\r\n");
    CHECK(has(file_with(lab / "log", "not_tls"), "\"saw\":\"http\""));
    CHECK(router.program().end(SIGTERM) == 0);
}

TEST_CASE("a router that drains begins its access log anew as well", "[e2e]") {
    const LabFolder lab;
    const Stub backend(echo);
    Logged router(lab, {"--route", "a.example.com=" + to_string(backend.endpoint()), "--access-log",
                        "log", "--drain-timeout", "1h"});
    Peer client = Peer::to(ready_at(router.program()));
    const Buffer wire = hello_for("a.example.com");
    client.send(wire);
    REQUIRE(client.read(wire.size()) == wire);
    ::kill(router.program().pid(), SIGTERM);
    file_with(lab / "err", "stopping: ");
    std::filesystem::rename(lab / "log", lab / "log.1");
    ::kill(router.program().pid(), SIGUSR1);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!std::filesystem::exists(lab / "log")) {
        REQUIRE(std::chrono::steady_clock::now() < until);
    }
    client.finish();
    CHECK(client.end() == End::finished);
    CHECK(router.program().end(SIGCONT) == 0);
    CHECK(has(slurp(lab / "log"), "\"outcome\":\"routed\""));
}

TEST_CASE("the access log says why a backend is down, where it was dialled and by which listener",
          "[e2e]") {
    const LabFolder lab;
    Logged router(lab, {"--route", "a.example.com=127.0.0.1:1", "--access-log", "log"});
    const Endpoint door = ready_at(router.program());
    Peer client = Peer::to(door);
    client.send(hello_for("a.example.com"));
    client.finish();
    client.end();
    const std::string log = file_with(lab / "log", "backend_down");
    CHECK(has(log, "\"listener\":\"" + to_string(door) + "\""));
    CHECK(has(log,
              "\"backend\":\"127.0.0.1:1\",\"address\":\"127.0.0.1:1\",\"tries\":1,"
              "\"error\":\"Connection refused\""));
    CHECK_FALSE(has(log, "\"hello_us\":0,"));
    CHECK(router.program().end(SIGTERM) == 0);
}

TEST_CASE("clients that leave without a byte leave no line when nobody wants one", "[e2e]") {
    const LabFolder lab;
    Logged router(
        lab, {"--route", "a.example.com=127.0.0.1:1", "--access-log", "log", "--log-probes", "no"});
    const Endpoint door = ready_at(router.program());
    speak(door, "");
    speak(door, "");
    speak(door, "SSH-2.0-client\r\n");
    CHECK(router.program().end(SIGTERM) == 0);
    const std::string log = slurp(lab / "log");
    CHECK(std::ranges::count(log, '\n') == 1);
    CHECK(has(log, "\"saw\":\"ssh\""));
}

TEST_CASE("up tells that other machines can reach it", "[e2e]") {
    const LabFolder lab;
    const Finished started = lab.run({"up", "--detach", "--listen", "0.0.0.0:0"});
    INFO(started.err);
    CHECK(started.status == 0);
    CHECK(has(started.err, "[SL5003]"));
}

}  // namespace e2e_routes_test
