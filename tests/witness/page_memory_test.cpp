// What a witness's page of all that it remembers takes while it is made, and how large it may be.
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "lab/admin/server.h"
#include "lab/client/page.h"
#include "lab/proof/match/match.h"
#include "lab/witness/ops.h"
#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"

namespace witness_page_memory_test {

using namespace sni;

namespace {

/// The most memory that this process had since it was last asked, in bytes; nothing where the
/// kernel does not tell.
std::optional<std::size_t> peak_since_last() {
    std::ifstream status("/proc/self/status");
    std::size_t kib = 0;
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) kib = std::stoul(line.substr(6));
    }
    std::ofstream reset("/proc/self/clear_refs");
    if (!(reset << "5" << std::flush) || kib == 0) return std::nullopt;
    return kib << 10;
}

}  // namespace

TEST_CASE("a page of 10,000 sessions is made in little more memory than it has", "[witness]") {
    constexpr std::size_t kSessions = 10'000;
    witness::Record record(kSessions);
    const test::Buffer hello = test::hello_for("shop.example.com");
    const test::Buffer much(5'000);
    for (std::size_t i = 0; i < kSessions; ++i) {
        router::SessionRecord connection;
        connection.id = i;
        const auto observer = record.watch(connection);
        observer->up(hello);
        observer->down(much);
        observer->ended(connection);
    }
    peak_since_last();
    const auto before = peak_since_last();
    const std::string page = witness::sessions_json(record, "shop/pay", witness::now());
    const auto after = peak_since_last();
    CHECK(page.size() > kSessions * 500);
    if (!before || !after) {
        WARN("not run: the kernel does not tell the peak");
        return;
    }
    WARN("a page of " << page.size() << " bytes took " << *after - *before);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(*after - *before < 4 * page.size());
#endif
    const auto document = nlohmann::json::parse(page);
    CHECK(document["sessions"].size() == kSessions);
    CHECK(document["sessions"][0]["sni"] == "shop.example.com");
}

TEST_CASE("a witness's page may be as large as its reader takes", "[client]") {
    constexpr std::size_t kMuch = 65u << 20;
    const admin::Server server(loopback(0), {{"/sessions", [](std::string_view) {
                                                  return admin::json_page(std::string(kMuch, ' '));
                                              }}});
    constexpr std::chrono::seconds kLong(60);
    const auto whole =
        client::get_page(server.local(), "/sessions", kLong, proof::kLargestWitnessPage);
    INFO((whole ? "" : whole.error()));
    REQUIRE(whole.has_value());
    CHECK(whole->size() == kMuch);
    const auto other = client::get_page(server.local(), "/sessions", kLong);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().find("answers more than") != std::string::npos);
}

}  // namespace witness_page_memory_test
