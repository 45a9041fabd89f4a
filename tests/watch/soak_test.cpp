// A watch that has gone on for months: what it keeps does not grow.
#include <random>

#include "lab/admin/server.h"
#include "lab/client/page.h"
#include "lab/watch/ops.h"
#include "tests/support/tunnel.h"

namespace watch_soak_test {

using namespace sni;
using namespace sni::test;
using proof::Verdict;

namespace {

constexpr int kRounds = 100'000;

std::string long_text(std::mt19937_64& lot) {
    return std::string(lot() % 2'000, 'x');
}

/// Two names at addresses that come and go, with certificates that change, lines of any length, and
/// now and then nobody there.
report::Report made_up(std::mt19937_64& lot, int at) {
    report::Report report{.time = std::chrono::sys_seconds(std::chrono::seconds(at * 60))};
    for (const char* name : {"shop.example.com", "pay.example.com"}) {
        const auto fate = lot() % 10;
        proof::Check check{.name = name,
                           .gateway = "gw.example.com:443",
                           .address = "192.0.2." + std::to_string(lot() % 200) + ":443",
                           .sni = name,
                           .verdict = fate == 0   ? Verdict::terminated
                                      : fate == 1 ? Verdict::not_routed
                                                  : Verdict::proven};
        if (fate == 1) check.address.reset();
        check.seen.certificate = CertFacts{.sha256 = Digest{std::byte(lot() & 0xff)}};
        check.seen.answer = long_text(lot);
        check.lines.push_back({.name = "witness", .text = long_text(lot)});
        report.checks.push_back(std::move(check));
    }
    return report;
}

}  // namespace

TEST_CASE("a watch of a hundred thousand rounds is no larger than one of ten thousand", "[watch]") {
    watch::Ops ops(std::chrono::hours(1));
    watch::History history;
    const admin::Server admin(loopback(0), ops.pages());
    std::mt19937_64 lot(1);
    std::size_t early = 0;
    for (int i = 1; i <= kRounds; ++i) {
        const report::Report report = made_up(lot, i);
        history.add(report);
        // To be written as JSON costs more than the rest, and is the same each time.
        if (i % 20 == 0) ops.add(report, watch::Freshness::Clock::now());
        if (i % 200 == 0) {
            const auto page = client::get_page(admin.local(), "/metrics", std::chrono::seconds(20));
            REQUIRE(page.has_value());
        }
        if (i == kRounds / 10) early = resident_bytes();
    }
    const std::size_t late = resident_bytes();
    CHECK(history.rounds() == kRounds);
    CHECK(history.entries().size() <= 2);
    INFO(early << " bytes resident after a tenth, " << late << " at the end");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep what was freed
    CHECK(late < early + (2u << 20));
#endif
}

}  // namespace watch_soak_test
