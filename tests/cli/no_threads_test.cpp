// Commands that serve, on a machine that has no further thread for them.
#include <csignal>
#include <fstream>
#include <string>

#include <sys/resource.h>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"

namespace cli_no_threads_test {

using namespace sni;
using namespace sni::test;

namespace {

Endpoint endpoint_in(const std::string& line) {
    return parse_endpoint(line.substr(line.rfind(' ') + 1)).value();
}

/// A command whose stderr is the lab's file "err", and whose threads have stacks of 8 MiB.
class Serving {
  public:
    Serving(const LabFolder& lab, std::vector<std::string> words)
        : log_(lab / "err"),
          err_(::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
          program_(with_stacks(lab.command(words)), err_.fd()) {}

    Endpoint ready() { return endpoint_in(program_.line()); }
    void signal(int signal) const { ::kill(program_.pid(), signal); }
    int end(int signal) { return program_.end(signal); }
    /// From now on there is memory for what is small, and no room for a stack.
    void take_threads_away() const {
        std::ifstream file("/proc/" + std::to_string(program_.pid()) + "/statm");
        rlim_t pages = 0;
        REQUIRE(file >> pages);
        const rlim_t most = pages * static_cast<rlim_t>(::getpagesize()) + (6u << 20);
        const rlimit limit{.rlim_cur = most, .rlim_max = RLIM_INFINITY};
        REQUIRE(::prlimit(program_.pid(), RLIMIT_AS, &limit, nullptr) == 0);
    }
    /// Waits for stderr to hold `part`.
    std::string says(const std::string& part) const {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        std::string text;
        while (text.find(part) == std::string::npos) {
            INFO(text);
            REQUIRE(std::chrono::steady_clock::now() < until);
            text = slurp(log_);
        }
        return text;
    }

  private:
    static std::vector<std::string> with_stacks(const std::vector<std::string>& command) {
        std::vector<std::string> all = {"/bin/sh", "-c", "ulimit -s 8192 && exec \"$0\" \"$@\""};
        all.insert(all.end(), command.begin(), command.end());
        return all;
    }

    std::filesystem::path log_;
    net::Descriptor err_;
    Background program_;
};

}  // namespace

TEST_CASE("a router that can have no thread goes on with its routes, and drains", "[cli]") {
    const LabFolder lab;
    const Stub backend(echo);
    const std::string route = "a.example.com " + to_string(backend.endpoint()) + "\n";
    spill(lab / "routes", route);
    Serving router(lab, {"router", "--listen", "127.0.0.1:0", "--routes", "routes"});
    Peer client = Peer::to(router.ready());
    const Buffer wire = hello_for("a.example.com");
    client.send(wire);
    REQUIRE(client.read(wire.size()) == wire);

    router.take_threads_away();
    spill(lab / "routes", route + "b.example.com localhost:1\n");
    router.signal(SIGHUP);
    const std::string said = router.says("not reloaded: the routes before stay\n");
    CHECK(said.find("no further thread can be started") != std::string::npos);
    client.send(wire);
    CHECK(client.read(wire.size()) == wire);

    router.signal(SIGTERM);
    router.says("stopping: ");
    client.send(wire);
    CHECK(client.read(wire.size()) == wire);
    client.finish();
    CHECK(client.end() == End::finished);
    CHECK(router.end(SIGCONT) == 0);
}

TEST_CASE("a backend that can have no thread drains", "[cli]") {
    const LabFolder lab;
    REQUIRE(lab.run({"certgen", "a.example.com"}).status == 0);
    Serving backend(
        lab, {"backend", "--listen", "127.0.0.1:0", "--cert", ".sni-lab/certs/a.example.com.crt",
              "--key", ".sni-lab/certs/a.example.com.key", "--plain", "127.0.0.1:0"});
    backend.ready();
    const std::string said = backend.says("without TLS on ");
    const std::size_t from = said.find("without TLS on ");
    Peer client = Peer::to(endpoint_in(said.substr(from, said.find('\n', from) - from)));
    client.send(
        bytes_of("POST /post HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                 "Content-Length: 1\r\n\r\n"));
    const Buffer go_on = bytes_of("HTTP/1.1 100 Continue\r\n\r\n");
    REQUIRE(client.read(go_on.size()) == go_on);

    backend.take_threads_away();
    backend.signal(SIGTERM);
    backend.says("stopping: ");
    client.send(bytes_of("x"));
    const Buffer answered = bytes_of("HTTP/1.1 200 OK\r\n");
    CHECK(client.read(answered.size()) == answered);
    client.close();
    CHECK(backend.end(SIGCONT) == 0);
}

}  // namespace cli_no_threads_test
