#include "lab/router/access_log.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/descriptor.h"
#include "tests/support/catch.h"
#include "tests/support/hardship.h"

namespace router_access_log_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

router::SessionRecord routed() {
    router::SessionRecord record;
    record.id = 7;
    record.client = loopback(50'312);
    record.outcome = router::Outcome::routed;
    record.sni = "httpbin.example.com";
    record.alpn = {"h2", "http/1.1"};
    record.ja4 = "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6";
    record.route = "*.example.com";
    record.listener = loopback(8'443);
    record.backend = Endpoint{Endpoint::Kind::name, "backend", 9'443};
    record.address = loopback(9'443);
    record.tries = 2;
    record.bytes_up = 732;
    record.bytes_down = 7'091;
    record.accepted = std::chrono::system_clock::time_point(1'795'333'681'000'250us);
    record.hello = 10us;
    record.connected = 269'999ns;
    record.ended = 12ms;
    record.client_end = net::Ending::finished;
    record.backend_end = net::Ending::reset;
    return record;
}

/// A named pipe, with its reader in the hands of the test.
class NamedPipe {
  public:
    NamedPipe()
        : path_((std::filesystem::temp_directory_path() /
                 ("sni-lab-pipe-" + std::to_string(::getpid())))
                    .string()) {
        std::filesystem::remove(path_);
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    }
    ~NamedPipe() { std::filesystem::remove(path_); }
    NamedPipe(const NamedPipe&) = delete;
    NamedPipe& operator=(const NamedPipe&) = delete;

    void open_reader() { reader_ = net::Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK)); }
    void close_reader() { reader_.reset(); }
    /// What has been written so far.
    std::string read() const {
        std::string text;
        std::array<char, 4096> block;
        for (ssize_t got = 0; (got = ::read(reader_.fd(), block.data(), block.size())) > 0;) {
            text.append(block.data(), static_cast<std::size_t>(got));
        }
        return text;
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    net::Descriptor reader_;
};

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("an access log line is one JSON object with everything that was seen", "[router]") {
    CHECK(
        router::to_json(routed()) ==
        R"({"time":"2026-11-22T07:48:01.000250Z","id":7,"client":"127.0.0.1:50312",)"
        R"("listener":"127.0.0.1:8443","outcome":"routed","sni":"httpbin.example.com","alpn":["h2","http/1.1"],)"
        R"("ech_offered":false,"ja4":"t13d3112h2_e8f1e7e78f70_b26ce05bbdd6",)"
        R"("saw":null,"route":"*.example.com","backend":"backend:9443","address":"127.0.0.1:9443",)"
        R"("tries":2,"error":null,)"
        R"("bytes_up":732,"bytes_down":7091,"hello_us":10,"connected_us":269,)"
        R"("ended_us":12000,"client_end":"finished","backend_end":"reset"})");
}

TEST_CASE("what did not happen is null in the access log", "[router]") {
    CHECK(
        router::to_json({}) ==
        R"({"time":"1970-01-01T00:00:00.000000Z","id":0,"client":"127.0.0.1:0",)"
        R"("listener":null,"outcome":"cut","sni":null,"alpn":[],"ech_offered":false,"ja4":null,"saw":null,"route":null,"backend":null,)"
        R"("address":null,"tries":0,"error":null,)"
        R"("bytes_up":0,"bytes_down":0,"hello_us":null,"connected_us":null,"ended_us":0,)"
        R"("client_end":"open","backend_end":"open"})");
}

TEST_CASE("the access log says why nothing was dialled", "[router]") {
    router::SessionRecord record{.outcome = router::Outcome::backend_down};
    CHECK(router::to_json(record).find(R"("error":"all backends of the route have weight 0")") !=
          std::string::npos);
    record.backend = Endpoint{Endpoint::Kind::name, "backend.example", 443};
    CHECK(router::to_json(record).find(R"("error":"the name has no address")") !=
          std::string::npos);
}

TEST_CASE("the access log says for whom a proxy connected, beside who it is", "[router]") {
    router::SessionRecord record = routed();
    record.proxy_source = Endpoint{Endpoint::Kind::unix_path, "/run/\x1b.sock", 0};
    CHECK(router::to_json(record).find(
              R"("client":"127.0.0.1:50312","proxy_source":"unix:/run/\\x1b.sock","listener":)") !=
          std::string::npos);
}

TEST_CASE("bytes that a client chose cannot break a line or a terminal", "[router]") {
    router::SessionRecord record;
    record.sni = std::string("a\0b\r\n\xc3", 6);
    record.alpn = {"h2\n\x1b[31m", "\xff\"\\"};
    const std::string line = router::to_json(record);
    CHECK(line.find(R"("sni":"a\\x00b\\x0d\\x0a\\xc3")") != std::string::npos);
    CHECK(line.find(R"("alpn":["h2\\x0a\\x1b[31m","\\xff\"\\"])") != std::string::npos);
}

TEST_CASE("an access log file gets every line, behind those it had", "[router]") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("sni-lab-access-" + std::to_string(::getpid()) + ".log");
    std::filesystem::remove(path);
    for (int run = 0; run < 2; ++run) {
        router::AccessLog log(path.string());
        for (int i = 0; i < 100; ++i) {
            log.write(routed());
        }
        CHECK(log.lost() == 0);
    }
    std::ifstream file(path);
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        CHECK(line == router::to_json(routed()));
    }
    CHECK(lines == 200);
    std::filesystem::remove(path);
}

TEST_CASE("an access log that cannot be written is a failure at the start", "[router]") {
    try {
        router::AccessLog log("/proc/nowhere/access.log");
        FAIL("it was opened");
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::machine);
        CHECK(failure.diagnostics().front().code == code::kCannotWrite);
        CHECK(failure.diagnostics().front().message ==
              "cannot write the access log \"/proc/nowhere/access.log\"");
    }
}

TEST_CASE("a full disk loses lines, and every one of them is counted", "[router]") {
    router::AccessLog log("/dev/full");
    for (int i = 0; i < 100; ++i) {
        log.write(routed());
    }
    const auto began = std::chrono::steady_clock::now();
    while (log.lost() < 100 && std::chrono::steady_clock::now() - began < 20s) {
        std::this_thread::yield();
    }
    CHECK(log.lost() == 100);
}

TEST_CASE("a disk that fills up has whole lines, and goes on with whole lines", "[router]") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("sni-lab-filling-" + std::to_string(::getpid()) + ".log");
    std::filesystem::remove(path);
    const std::string line = router::to_json(routed()) + "\n";
    {
        std::optional<test::FullDisk> full(std::in_place, line.size() * 5 / 2);
        router::AccessLog log(path.string());
        for (int i = 0; i < 10; ++i) {
            log.write(routed());
        }
        const auto began = std::chrono::steady_clock::now();
        while (log.lost() < 8 && std::chrono::steady_clock::now() - began < 20s) {
            std::this_thread::yield();
        }
        CHECK(log.lost() == 8);
        full.reset();
        log.write(routed());
    }
    std::ifstream file(path);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    CHECK(text == line + line + line.substr(0, line.size() / 2) + "\n" + line);
    std::filesystem::remove(path);
}

TEST_CASE("a pipe that nobody reads keeps neither the router nor its end waiting", "[router]") {
    constexpr std::size_t kLines = 20'000;
    NamedPipe pipe;
    pipe.open_reader();
    const auto began = std::chrono::steady_clock::now();
    std::size_t lost = 0;
    {
        router::AccessLog log(pipe.path());
        for (std::size_t i = 0; i < kLines; ++i) {
            log.write(routed());
        }
        CHECK(std::chrono::steady_clock::now() - began < 10s);
        lost = log.lost();
        CHECK(lost > 0);
        CHECK(lost < kLines);
    }
    CHECK(std::chrono::steady_clock::now() - began < 20s);
    const std::string text = pipe.read();
    CHECK(lines_in(text) > 0);
    CHECK(text.starts_with(router::to_json(routed()) + "\n"));
}

TEST_CASE("a reader that closes its pipe ends no router, and the lines are counted", "[router]") {
    NamedPipe pipe;
    pipe.open_reader();
    router::AccessLog log(pipe.path());
    log.write(routed());
    const auto began = std::chrono::steady_clock::now();
    std::string text;
    while (text.empty() && std::chrono::steady_clock::now() - began < 20s) {
        text = pipe.read();
    }
    CHECK(text == router::to_json(routed()) + "\n");
    pipe.close_reader();
    for (int i = 0; i < 10; ++i) {
        log.write(routed());
    }
    while (log.lost() < 10 && std::chrono::steady_clock::now() - began < 20s) {
        std::this_thread::yield();
    }
    CHECK(log.lost() == 10);
}

TEST_CASE("a pipe without a reader is refused at the start instead of waited for", "[router]") {
    const NamedPipe pipe;
    CHECK_THROWS_AS(router::AccessLog(pipe.path()), Failure);
}

}  // namespace router_access_log_test
