#include "lab/watch/history.h"

#include <fstream>
#include <iterator>
#include <regex>

#include "tests/support/catch.h"

namespace watch_history_test {

using namespace sni;
using namespace sni::watch;
using proof::Verdict;

namespace {

proof::Check check(Verdict verdict, std::string address = "192.0.2.1:443", int leaf = 1) {
    proof::Check one{.name = "shop.example.com",
                     .gateway = "gw.example.com:443",
                     .address = std::move(address),
                     .sni = "shop.example.com",
                     .verdict = verdict};
    one.seen.certificate = CertFacts{.sha256 = Digest{std::byte(leaf)}};
    one.took = std::chrono::milliseconds(12);
    return one;
}

report::Report round(std::vector<proof::Check> checks, int at = 0) {
    return {.time = std::chrono::sys_seconds(std::chrono::seconds(1'795'333'681 + at)),
            .checks = std::move(checks)};
}

std::string text_of(const std::vector<admin::Family>& families) {
    return admin::to_prometheus(families);
}

}  // namespace

TEST_CASE("the first round changes nothing, and the same again neither", "[watch]") {
    History history;
    CHECK(history.add(round({check(Verdict::terminated)})).empty());
    CHECK(history.add(round({check(Verdict::terminated)})).empty());
    CHECK(history.rounds() == 2);
    CHECK(history.changes() == 0);
}

TEST_CASE("another verdict and another certificate are changes", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    const auto changes = history.add(round({check(Verdict::terminated, "192.0.2.1:443", 2)}, 60));
    REQUIRE(changes.size() == 2);
    CHECK(to_string(changes[0]) ==
          "2026-11-22T07:49:01Z gw.example.com:443 (192.0.2.1:443) shop.example.com: verdict "
          "proven → terminated");
    CHECK(changes[1].what == "certificate");
    CHECK(history.entries().begin()->second.in_a_row == 0);
    CHECK(history.entries().begin()->second.proven == 1);
}

TEST_CASE("addresses that come and go are changes, and are not kept for ever", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    const auto come =
        history.add(round({check(Verdict::proven), check(Verdict::proven, "192.0.2.2:443")}));
    REQUIRE(come.size() == 1);
    CHECK(come[0].what == "address");
    CHECK(come[0].to == "192.0.2.2:443");
    const auto gone = history.add(round({check(Verdict::proven)}));
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].from == "192.0.2.2:443");
    CHECK(history.entries().size() == 1);
}

TEST_CASE("a name that gets a second address keeps its first one", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    history.add(round({check(Verdict::proven)}));
    proof::Check first = check(Verdict::proven);
    first.name += " at 192.0.2.1:443";
    proof::Check second = check(Verdict::proven, "192.0.2.2:443");
    second.name += " at 192.0.2.2:443";
    const auto changes = history.add(round({first, second}));
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].to == "192.0.2.2:443");
    CHECK(history.entries().begin()->second.in_a_row == 3);
}

TEST_CASE("a gateway that does not answer is the one that it was", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    proof::Check silent = check(Verdict::not_routed);
    silent.address.reset();
    silent.seen.certificate.reset();
    const auto down = history.add(round({silent}));
    REQUIRE(down.size() == 1);
    CHECK(down[0].what == "verdict");
    CHECK(down[0].subject.address == "192.0.2.1:443");
    const auto up = history.add(round({check(Verdict::proven)}));
    REQUIRE(up.size() == 1);
    CHECK(up[0].to == "proven");
    CHECK(history.entries().size() == 1);
}

TEST_CASE("a certificate that is another one behind an outage is a change", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    proof::Check silent = check(Verdict::not_routed);
    silent.address.reset();
    silent.seen.certificate.reset();
    history.add(round({silent}));
    CHECK(history.add(round({silent})).empty());
    const auto same = history.add(round({check(Verdict::proven)}));
    REQUIRE(same.size() == 1);
    CHECK(same[0].what == "verdict");
    history.add(round({silent}));
    const auto up = history.add(round({check(Verdict::proven, "192.0.2.1:443", 2)}));
    REQUIRE(up.size() == 2);
    CHECK(up[1].what == "certificate");
    CHECK(up[1].from.starts_with("01"));
    CHECK(up[1].to.starts_with("02"));
    CHECK(history.changes() == 5);
}

TEST_CASE("one that never answered gets its address when it does", "[watch]") {
    History history;
    proof::Check silent = check(Verdict::not_routed);
    silent.address.reset();
    history.add(round({silent}));
    history.add(round({check(Verdict::proven)}));
    REQUIRE(history.entries().size() == 1);
    CHECK(history.entries().begin()->first.address == "192.0.2.1:443");
}

TEST_CASE("clean probes say how probably they missed one that reads a share", "[watch]") {
    CHECK(missed(0.05, 0) == 1);
    CHECK(missed(0.05, 90) < 0.01);
    CHECK(missed(0.05, 89) > 0.01);
    CHECK(missed(1, 1) == 0);
}

TEST_CASE("figures name gateway, name and address, and the last verdict alone", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    history.add(round({check(Verdict::terminated)}));
    const std::string text = text_of(metrics(history));
    const std::string labels =
        R"({gateway="gw.example.com:443",sni="shop.example.com",address="192.0.2.1:443",check="shop.example.com")";
    CHECK(text.find("sni_lab_passthrough" + labels + "} 0\n") != std::string::npos);
    CHECK(text.find(labels + R"(,verdict="terminated"} 1)") != std::string::npos);
    CHECK(text.find(R"(verdict="proven")") == std::string::npos);
    CHECK(text.find("sni_lab_passthrough_probes_total" + labels + "} 2\n") != std::string::npos);
    CHECK(text.find("sni_lab_passthrough_changes_total 1\n") != std::string::npos);
}

TEST_CASE("a name that is refused as it must be is as good as proven", "[watch]") {
    History history;
    proof::Check refused = check(Verdict::not_routed);
    refused.expected = Verdict::not_routed;
    refused.refused = true;
    history.add(round({refused}));
    const std::string text = text_of(metrics(history));
    CHECK(text.find("sni_lab_passthrough{") != std::string::npos);
    CHECK(text.find("check=\"shop.example.com\"} 1\n") != std::string::npos);
    CHECK(text_of(*probe_metrics(history, "gw.example.com:443", "shop.example.com"))
              .find("probe_success 1\n") != std::string::npos);
}

TEST_CASE("a name that must be refused and is only silent is another verdict", "[watch]") {
    History history;
    proof::Check refused = check(Verdict::not_routed);
    refused.expected = Verdict::not_routed;
    refused.refused = true;
    proof::Check silent = refused;
    silent.refused = false;
    history.add(round({refused}));
    CHECK(history.add(round({refused})).empty());
    const auto hangs = history.add(round({silent}));
    REQUIRE(hangs.size() == 1);
    CHECK(hangs[0].what == "verdict");
    CHECK(hangs[0].from == "refused");
    CHECK(hangs[0].to == "not_routed");
    CHECK(history.add(round({silent})).empty());
    CHECK(history.add(round({refused})).size() == 1);
    proof::Check routed = refused;
    routed.refused = false;
    routed.verdict = Verdict::proven;
    CHECK(history.add(round({routed})).front().from == "not_routed");
}

TEST_CASE("a probe is told of what is watched, and of nothing else", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven), check(Verdict::terminated, "192.0.2.2:443")}));
    const auto found = probe_metrics(history, "gw.example.com:443", "shop.example.com");
    REQUIRE(found.has_value());
    CHECK(text_of(*found).find("probe_success 0\n") != std::string::npos);
    CHECK(text_of(*found).find("probe_duration_seconds 0.012\n") != std::string::npos);
    CHECK_FALSE(probe_metrics(history, "gw.example.com:443", "other").has_value());
    CHECK_FALSE(probe_metrics(history, "other:443", "shop.example.com").has_value());
}

TEST_CASE("a probe need not name the only name that is watched", "[watch]") {
    History history;
    proof::Check one = check(Verdict::proven);
    history.add(round({one}));
    CHECK(probe_metrics(history, "gw.example.com:443", std::nullopt).has_value());
    CHECK_FALSE(probe_metrics(history, "gw.example.com:443", "").has_value());
    CHECK_FALSE(probe_metrics(history, "other:443", std::nullopt).has_value());
    proof::Check other = one;
    other.sni = other.name = "www.example.com";
    history.add(round({one, other}));
    CHECK_FALSE(probe_metrics(history, "gw.example.com:443", std::nullopt).has_value());
    proof::Check nameless = one;
    nameless.sni.reset();
    nameless.verdict = Verdict::terminated;
    history.add(round({one, other, nameless}));
    const auto found = probe_metrics(history, "gw.example.com:443", std::nullopt);
    REQUIRE(found.has_value());
    CHECK(text_of(*found).find("probe_success 0\n") != std::string::npos);
}

TEST_CASE("a probe tells when the first certificate ends", "[watch]") {
    History history;
    const auto ends_at = [](std::string address, int seconds) {
        proof::Check one = check(Verdict::proven, std::move(address));
        one.seen.certificate->not_after = std::chrono::sys_seconds(std::chrono::seconds(seconds));
        return one;
    };
    history.add(
        round({ends_at("192.0.2.1:443", 1'800'000'002), ends_at("192.0.2.2:443", 1'800'000'001),
               ends_at("192.0.2.3:443", 1'800'000'003)}));
    CHECK(text_of(*probe_metrics(history, "gw.example.com:443", std::nullopt))
              .find("probe_ssl_earliest_cert_expiry 1800000001\n") != std::string::npos);
    proof::Check none = check(Verdict::not_routed);
    none.seen.certificate.reset();
    History silent;
    silent.add(round({none}));
    CHECK(text_of(*probe_metrics(silent, "gw.example.com:443", std::nullopt))
              .find("probe_ssl_earliest_cert_expiry") == std::string::npos);
}

TEST_CASE("a round that ended too long ago is stale, and no success any more", "[watch]") {
    using std::chrono::seconds;
    History history;
    Freshness freshness;
    const Freshness::Clock::time_point began{seconds(1'000)};
    CHECK_FALSE(freshness.stale(began, seconds(1)));  // the first is still on its way
    const auto ended = began + seconds(10);
    freshness.round(began, ended);
    const report::Report report = round({check(Verdict::proven)});
    history.add(report, report.time + seconds(10));
    // Three times an interval and a round of 10 s, and never less than a minute.
    CHECK_FALSE(freshness.stale(ended + seconds(210), seconds(60)));
    CHECK(freshness.stale(ended + seconds(211), seconds(60)));
    CHECK_FALSE(freshness.stale(ended + seconds(60), seconds(1)));
    CHECK(freshness.stale(ended + seconds(61), seconds(1)));
    for (const bool stale : {false, true}) {
        const std::string probe =
            text_of(*probe_metrics(history, "gw.example.com:443", std::nullopt, stale));
        const std::string flag = stale ? "1\n" : "0\n";
        CHECK(probe.find(std::string("probe_success ") + (stale ? "0\n" : "1\n")) !=
              std::string::npos);
        for (const std::string& page : {probe, text_of(metrics(history, stale))}) {
            CHECK(page.find("sni_lab_passthrough_stale " + flag) != std::string::npos);
            CHECK(page.find("sni_lab_passthrough_last_round_seconds 1795333691\n") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("a watch of many rounds holds no more than one of few", "[watch]") {
    History history;
    for (int i = 0; i < 100'000; ++i) {
        history.add(round({check(i % 2 == 0 ? Verdict::proven : Verdict::terminated,
                                 "192.0.2." + std::to_string(i % 200) + ":443")},
                          i));
    }
    CHECK(history.entries().size() == 1);
}

TEST_CASE("the dashboard shows figures that there are", "[watch]") {
    History history;
    history.add(round({check(Verdict::proven)}));
    const std::string text = text_of(metrics(history));
    std::ifstream file(SNI_LAB_SOURCE_DIR "/lab/watch/grafana.json");
    const std::string dashboard{std::istreambuf_iterator<char>(file), {}};
    const std::regex name("sni_lab_passthrough[a-z0-9_]*");
    std::size_t shown = 0;
    for (std::sregex_iterator at(dashboard.begin(), dashboard.end(), name), end; at != end; ++at) {
        CAPTURE(at->str());
        ++shown;
        CHECK(text.find("# TYPE " + at->str() + " ") != std::string::npos);
    }
    CHECK(shown >= 8);
}

}  // namespace watch_history_test
