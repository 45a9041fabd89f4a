// A verify that is told to stop ends at once, and its client with it.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
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
#include "tests/support/peer.h"
#include "tests/support/run_cli.h"

using namespace sni;
using namespace sni::test;

namespace {

/// Long enough for nobody to wait for it, and longer than any of these tests may take.
const std::string kForever = "600s";

bool is_readable(int fd) {
    pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
}

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

/// A pipe with a name, into which a client says something.
struct Told {
    explicit Told(const std::filesystem::path& file) {
        std::filesystem::remove(file);
        if (::mkfifo(file.c_str(), 0600) != 0) throw std::runtime_error("no pipe");
        // Who opens both ends of a pipe waits for nobody (fifo(7)).
        fd = net::Descriptor(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    }
    std::string line() const {
        std::string text;
        while (!text.ends_with('\n')) {
            REQUIRE(is_readable(fd.fd()));
            char next = 0;
            REQUIRE(::read(fd.fd(), &next, 1) == 1);
            text += next;
        }
        return text.substr(0, text.size() - 1);
    }

    net::Descriptor fd;
};

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
    const Told told(lab / "folder");
    Background verify(watching(
        lab, to_string(known.backend.listening()),
        {"--", "sh", "-c", "echo $$ > pid; echo \"$0\" > folder; exec sleep 600", "{folder}"}));
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
    const Told told(lab / "folder");
    // Whoever read this one would wait for ever.
    Background verify(watching(
        lab, to_string(known.backend.listening()),
        {"--", "sh", "-c", "rm \"$1\"; mkfifo \"$1\"; echo \"$0\" > folder; exec sleep 600",
         "{folder}", "{keylog}"}));
    const std::string folder = told.line();
    CHECK(std::filesystem::exists(folder));
    CHECK(verify.end(SIGTERM) == 128 + SIGTERM);
    CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("whom a client leaves behind is not waited for", "[e2e]") {
    const LabFolder lab;
    const KnownBackend known(backend_options());
    const auto began = std::chrono::steady_clock::now();
    const Finished ran = run_program(
        watching(lab, to_string(known.backend.listening()),
                 {"--json", "--", "sh", "-c", "sleep 600 & echo $! > pid; echo nothing"}));
    CHECK(ran.status == 3);
    CHECK(since(began) < std::chrono::seconds(60));
    const pid_t left = std::stoi(slurp(lab / "pid"));
    // It is ended, though perhaps nobody has waited for it yet.
    const net::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, left, 0)));
    CHECK((process.fd() < 0 || is_readable(process.fd())));
}
