// One that reads one connection in twenty, whichever they are: how soon a watch sees it, and
// whether the confidence that it states is the one that it has.
#include <algorithm>
#include <cmath>
#include <random>

#include "lab/proof/judge/judge.h"
#include "lab/watch/history.h"
#include "tests/proof/honest.h"
#include "tests/support/catch.h"

namespace watch_inspector_test {

using namespace sni;
using namespace sni::watch;
using proof::Verdict;

namespace {

constexpr std::size_t kRuns = 1'000;
constexpr std::uint64_t kProbes = 90;
constexpr unsigned kShare = 20;

/// What the judge says of a probe that was read in between, or was not.
report::Report judged(bool read) {
    proof::Evidence e = test::honest();
    e.gateway = parse_endpoint("gw.example.com:443").value();
    e.address = parse_endpoint("192.0.2.1:443").value();
    proof::Statement said = test::statement();
    if (read) {
        // Two sessions: of the backend's own hardly anything is what was seen here.
        said.exporter_sha256 = Digest{std::byte{99}};
        said.streams->received.sha256 = said.streams->sent.sha256 = {std::byte{99}};
        said.hellos.front().sha256 = {std::byte{99}};
    }
    e.proof = said;
    return {.time = {}, .checks = {proof::judge(e, {.now = test::kNow}, "shop.example.com")}};
}

/// How many clean probes a watch of an inspector makes before the one that is read.
std::uint64_t clean_before_caught(std::mt19937_64& lot, History& history) {
    for (std::uint64_t clean = 0; clean < kProbes; ++clean) {
        history.add(judged(lot() % kShare == 0));
        const History::Entry& entry = history.entries().begin()->second;
        if (entry.last.verdict != Verdict::proven) return clean;
        CHECK(entry.in_a_row == clean + 1);
    }
    return kProbes;
}

/// What the watch itself says of the probes so far.
double stated(const History& history) {
    for (const admin::Family& family : metrics(history)) {
        if (family.name == "sni_lab_passthrough_missed_1_in_20")
            return family.samples.front().value;
    }
    return -1;
}

}  // namespace

TEST_CASE("one that reads one in twenty is caught within 90 probes in 99 of 100 runs", "[watch]") {
    // Expected are 990.1 of them, so the lots are drawn from a seed.
    std::mt19937_64 lot(1);
    std::vector<std::uint64_t> clean(kRuns);
    double stated_at_the_end = 0;
    for (std::uint64_t& run : clean) {
        History history;
        run = clean_before_caught(lot, history);
        if (run == kProbes) stated_at_the_end = stated(history);
    }
    const auto missed_by = [&](std::uint64_t probes) {
        return static_cast<double>(std::ranges::count_if(
                   clean, [probes](std::uint64_t run) { return run >= probes; })) /
               kRuns;
    };
    CAPTURE(missed_by(kProbes));
    CHECK(missed_by(kProbes) <= 0.01);
    CHECK(stated_at_the_end == missed(1.0 / kShare, kProbes));
    CHECK(stated_at_the_end < 0.01);
    for (const std::uint64_t probes : {1u, 5u, 10u, 20u, 45u, 60u, 90u}) {
        CAPTURE(probes);
        const double said = missed(1.0 / kShare, probes);
        const double spread = std::sqrt(said * (1 - said) / kRuns);
        CHECK(std::abs(missed_by(probes) - said) < 4 * spread);
    }
}

}  // namespace watch_inspector_test
