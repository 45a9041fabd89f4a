#include "lab/router/access_log.h"

#include <filesystem>
#include <fstream>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "tests/support/catch.h"

using namespace sni;
using namespace std::chrono_literals;

namespace {

router::SessionRecord routed() {
    router::SessionRecord record;
    record.client = loopback(50'312);
    record.outcome = router::Outcome::routed;
    record.sni = "httpbin.example.com";
    record.alpn = {"h2", "http/1.1"};
    record.route = "*.example.com";
    record.backend = loopback(9'443);
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

}  // namespace

TEST_CASE("an access log line is one JSON object with everything that was seen", "[router]") {
    CHECK(router::to_json(routed()) ==
          R"({"time":"2026-11-22T07:48:01.000250Z","client":"127.0.0.1:50312",)"
          R"("outcome":"routed","sni":"httpbin.example.com","alpn":["h2","http/1.1"],)"
          R"("ech_offered":false,"route":"*.example.com","backend":"127.0.0.1:9443",)"
          R"("bytes_up":732,"bytes_down":7091,"hello_us":10,"connected_us":269,)"
          R"("ended_us":12000,"client_end":"finished","backend_end":"reset"})");
}

TEST_CASE("what did not happen is null in the access log", "[router]") {
    CHECK(router::to_json({}) ==
          R"({"time":"1970-01-01T00:00:00.000000Z","client":"127.0.0.1:0","outcome":"cut",)"
          R"("sni":null,"alpn":[],"ech_offered":false,"route":null,"backend":null,)"
          R"("bytes_up":0,"bytes_down":0,"hello_us":null,"connected_us":null,"ended_us":0,)"
          R"("client_end":"open","backend_end":"open"})");
}

TEST_CASE("bytes that a client chose cannot break a line or a terminal", "[router]") {
    router::SessionRecord record;
    record.alpn = {"h2\n\x1b[31m", "\xff\"\\"};
    const std::string line = router::to_json(record);
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
