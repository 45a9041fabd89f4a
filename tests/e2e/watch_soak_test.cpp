// verify --every as a process, for two thousand probes without a pause.
#include <fstream>
#include <regex>

#include <fmt/format.h>
#include <poll.h>

#include "lab/client/page.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_watch_soak_test {

using namespace sni;
using namespace sni::test;

namespace {

constexpr std::uint64_t kProbes = 2'000;

std::size_t resident_of(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    std::size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// As the watch counts them; the last was proven.
std::uint64_t rounds_of(const Endpoint& admin) {
    const auto page = client::get_page(admin, "/metrics", std::chrono::seconds(20));
    REQUIRE(page.has_value());
    CHECK(page->find("verdict=\"proven\"} 1") != std::string::npos);
    std::smatch found;
    const std::regex figure("\nsni_lab_passthrough_rounds_total (\\d+)\n");
    REQUIRE(std::regex_search(*page, found, figure));
    return std::stoull(found[1]);
}

/// Without taking the watch's time by asking.
void wait_for_rounds(const Endpoint& admin, std::uint64_t rounds) {
    while (rounds_of(admin) < rounds) {
        ::poll(nullptr, 0, 50);
    }
}

}  // namespace

TEST_CASE("a watch that probes without a pause does not grow", "[cli][e2e]") {
    const LabFolder folder;
    const std::string port = free_port();
    REQUIRE(folder.run({"up", "--detach", "--listen", "443=127.0.0.1:" + port}).status == 0);
    Background watch(
        folder.command({"verify", "--gateway", "127.0.0.1:" + port, "--sni", "httpbin.example.com",
                        "--every", "1ms", "--admin", "127.0.0.1:0", "--timeout", "20s"}));
    const Endpoint admin = parse_endpoint(watch.line().substr(6)).value();
    CHECK(watch.line() == "httpbin.example.com: PASSTHROUGH PROVEN");
    wait_for_rounds(admin, kProbes / 10);
    const std::size_t early = resident_of(watch.pid());
    wait_for_rounds(admin, kProbes);
    const std::size_t late = resident_of(watch.pid());
    INFO(early << " bytes resident after a tenth, " << late << " at the end");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep what was freed
    CHECK(late < early + (2u << 20));
#endif
    CHECK(watch.end(SIGTERM) == 0);
}

}  // namespace e2e_watch_soak_test
