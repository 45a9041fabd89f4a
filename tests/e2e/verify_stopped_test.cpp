// A verify that is told to stop ends at once, and its client with it.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <future>

#include <sys/syscall.h>
#include <unistd.h>

#include "certs/files.h"
#include "certs/identity.h"
#include "lab/net/descriptor.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/elapsed.h"
#include "tests/support/lab_folder.h"
#include "tests/support/named_pipe.h"
#include "tests/support/peer.h"
#include "tests/support/run_cli.h"

namespace e2e_verify_stopped_test {

using namespace sni;
using namespace sni::test;

namespace {

/// Long enough for nobody to wait for it, and longer than any of these tests may take.
const std::string kForever = "600s";

/// One that takes connections and says nothing.
struct Silent {
    Silent()
        : stub([this](Peer client) {
              client.read(1);
              if (!told.test_and_set()) asked.set_value();
              client.end();
          }) {}
    std::string address() const { return to_string(stub.endpoint()); }
    bool is_asked() { return asked.get_future().wait_for(kPatience) == std::future_status::ready; }

    std::atomic_flag told;
    std::promise<void> asked;
    Stub stub;
};

std::vector<std::string> watching(const LabFolder& lab, const std::string& gateway,
                                  const std::vector<std::string>& more) {
    certs::write_file(lab / "id.pub", certs::Identity::make().public_key().pem());
    std::vector<std::string> words = {"verify",     "--gateway", gateway,     "--sni", "a.example",
                                      "--identity", "id.pub",    "--timeout", kForever};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<std::string> all = lab.command(words);
    all.insert(all.begin() + 1, "--default-signal=HUP");  // whoever started the tests
    return all;
}

}  // namespace

TEST_CASE("a question that is being asked holds no signal up", "[e2e]") {
    const LabFolder lab;
    Silent gateway;
    const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP);
    const bool watched = GENERATE(true, false);
    CAPTURE(signal, watched);
    Background verify(
        watching(lab, gateway.address(),
                 watched ? std::vector<std::string>{"--every", "50ms", "--admin", "127.0.0.1:0"}
                         : std::vector<std::string>{"--", "touch", "ran"}));
    if (watched) CHECK(verify.line().starts_with("admin "));
    REQUIRE(gateway.is_asked());
    const auto began = std::chrono::steady_clock::now();
    CHECK(verify.end(signal) == 128 + signal);
    CHECK(since(began) < std::chrono::seconds(20));
}

TEST_CASE("a watch that is stopped between two rounds answers as the last one did", "[e2e]") {
    const LabFolder lab;
    const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP);
    CAPTURE(signal);
    Background verify(watching(lab, "127.0.0.1:" + free_port(), {"--every", kForever}));
    CHECK(verify.line() == "a.example: NOT ROUTED");
    CHECK(verify.end(signal) == 4);
}

TEST_CASE("a client that runs is ended with its verify, and its files are gone", "[e2e]") {
    const LabFolder lab;
    const KnownBackend known(backend_options());
    const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP);
    CAPTURE(signal);
    const NamedPipe told(lab / "folder");
    const NamedPipe silent(lab / "silent");
    Background verify(watching(
        lab, to_string(known.backend.listening()),
        {"--", "sh", "-c", "echo $$ > pid; echo \"$0\" > folder; exec cat silent", "{folder}"}));
    const std::string folder = told.line();
    const pid_t client = std::stoi(slurp(lab / "pid"));
    CHECK(std::filesystem::exists(folder));
    const auto began = std::chrono::steady_clock::now();
    CHECK(verify.end(signal) == 128 + signal);
    CHECK(since(began) < std::chrono::seconds(20));
    CHECK_FALSE(std::filesystem::exists(folder));
    CHECK(::kill(client, 0) != 0);
}

TEST_CASE("the key log of a client that is ended is gone, whatever is in it", "[e2e]") {
    const LabFolder lab;
    const KnownBackend known(backend_options());
    const NamedPipe told(lab / "folder");
    const NamedPipe silent(lab / "silent");
    // Whoever read this one would wait for ever.
    Background verify(watching(
        lab, to_string(known.backend.listening()),
        {"--", "sh", "-c", "rm \"$1\"; mkfifo \"$1\"; echo \"$0\" > folder; exec cat silent",
         "{folder}", "{keylog}"}));
    const std::string folder = told.line();
    CHECK(std::filesystem::exists(folder));
    CHECK(verify.end(SIGTERM) == 128 + SIGTERM);
    CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("whom a client leaves behind is not waited for", "[e2e]") {
    const LabFolder lab;
    const KnownBackend known(backend_options());
    const NamedPipe silent(lab / "silent");
    const auto began = std::chrono::steady_clock::now();
    const Finished ran = run_program(
        watching(lab, to_string(known.backend.listening()),
                 {"--json", "--", "sh", "-c", "cat silent & echo $! > pid; echo nothing"}));
    CHECK(ran.status == 3);
    CHECK(since(began) < std::chrono::seconds(60));
    const pid_t left = std::stoi(slurp(lab / "pid"));
    // It is ended, though perhaps nobody has waited for it yet.
    const net::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, left, 0)));
    if (process) {
        CHECK(is_readable(process.fd()));
    } else {
        CHECK(errno == ESRCH);
    }
}

}  // namespace e2e_verify_stopped_test
