#include "lab/bench/results.h"

#include <nlohmann/json.hpp>

#include "lab/bench/render.h"
#include "tests/support/catch.h"

namespace bench_results_test {

using namespace sni::bench;
using sni::Exit;

namespace {

Row row(std::string name, Kind kind, std::vector<double> cpu, std::vector<double> total = {}) {
    Row made{.subject = std::move(name), .kind = kind, .samples = {}};
    for (std::size_t i = 0; i < std::max(cpu.size(), total.size()); ++i) {
        Sample sample;
        if (i < cpu.size()) sample[Measure::cpu] = cpu[i];
        if (i < total.size()) sample[Measure::total] = total[i];
        made.samples.push_back(std::move(sample));
    }
    return made;
}

/// Ours costs 80, 90 and 100; the best peer 100 each time.
Report report() {
    Report made{.machine = {.kernel = "6.1", .cores = 2, .load_average = 0.5, .steal = 0.012},
                .repetitions = 3,
                .quick = false,
                .subjects = {{.name = "direct", .kind = Kind::direct, .version = "no router"},
                             {.name = "ours", .kind = Kind::ours, .version = "this"},
                             {.name = "slow", .kind = Kind::peer, .version = "1.0"},
                             {.name = "fast", .kind = Kind::peer, .version = "2.0"},
                             {.name = "gone", .kind = Kind::peer, .missing = "not installed"}},
                .tables = {},
                .gates = {},
                .errors = {}};
    made.tables.push_back({.mode = Mode::down1,
                           .load = load_of(Mode::down1, true),
                           .rows = {row("direct", Kind::direct, {}, {50, 50, 50}),
                                    row("ours", Kind::ours, {80, 90, 100}, {130, 140, 150}),
                                    row("slow", Kind::peer, {200, 200, 60}, {250, 250, 110}),
                                    row("fast", Kind::peer, {100, 100, 100}, {150, 150, 150})}});
    return made;
}

}  // namespace

TEST_CASE("the best peer is the one with the best median, not the one with a lucky repetition",
          "[bench]") {
    const auto found = against_best_peer(report().tables.front(), Measure::cpu);
    CHECK(found == Comparison{"fast", Spread{0.9, 0.8, 1.0, 3}});
}

TEST_CASE("a row is held against the one that it is beside, where that takes part", "[bench]") {
    Report made = report();
    Table& table = made.tables.front();
    table.rows.push_back(row("copy", Kind::variant, {100, 100, 100}));
    table.rows.push_back(row("seeing", Kind::variant, {150, 160, 140}));
    CHECK(against_beside(table, table.rows.back(), Measure::cpu) == std::nullopt);
    table.rows.back().beside = "copy";
    CHECK(against_beside(table, table.rows.back(), Measure::cpu) == Spread{1.5, 1.4, 1.6, 3});
    CHECK(to_text(made).find("  seeing / copy, cpu: 1.50 (1.40 to 1.60)\n") != std::string::npos);
    const auto json = to_json(made);
    CHECK(json["modes"][0]["subjects"].back()["measures"]["cpu"]["against_beside"]["subject"] ==
          "copy");
    table.rows.back().beside = "gone";
    CHECK(against_beside(table, table.rows.back(), Measure::cpu) == std::nullopt);
}

TEST_CASE("of rates the greatest is the best", "[bench]") {
    Table table{.mode = Mode::raw, .load = {}, .rows = {}};
    table.rows.push_back({"ours", Kind::ours, {{{Measure::rate, 30}}}});
    table.rows.push_back({"a", Kind::peer, {{{Measure::rate, 10}}}});
    table.rows.push_back({"b", Kind::peer, {{{Measure::rate, 20}}}});
    CHECK(against_best_peer(table, Measure::rate)->peer == "b");
    CHECK(against_best_peer(table, Measure::rate)->ratio.median == 1.5);
}

TEST_CASE("a variant is no peer, and is compared with ours", "[bench]") {
    Report made = report();
    Table& table = made.tables.front();
    table.rows.push_back(row("ours-1t", Kind::variant, {40, 45, 50}));
    CHECK(against_best_peer(table, Measure::cpu)->peer == "fast");
    CHECK(against_ours(table, table.rows.back(), Measure::cpu) == Spread{0.5, 0.5, 0.5, 3});
    CHECK(to_text(made).find("  ours-1t / ours, cpu: 0.50 (0.50 to 0.50)\n") != std::string::npos);
    CHECK(to_json(made)["modes"][0]["subjects"][4]["measures"]["cpu"]["against_ours"]["median"] ==
          0.5);
}

TEST_CASE("a variant that a user may choose is held against the best peer as ours is", "[bench]") {
    Report made = report();
    Table& table = made.tables.front();
    table.rows.push_back(row("ours-1t", Kind::variant, {40, 45, 50}));
    CHECK(to_text(made).find("ours-1t / best peer") == std::string::npos);
    CHECK_FALSE(
        to_json(made)["modes"][0]["subjects"][4]["measures"]["cpu"].contains("against_best_peer"));
    table.rows.back().contends = true;
    CHECK(against_best_peer(table, table.rows.back(), Measure::cpu) ==
          Comparison{"fast", Spread{0.45, 0.4, 0.5, 3}});
    CHECK(to_text(made).find("  ours-1t / best peer, cpu: 0.45 (0.40 to 0.50) of fast\n") !=
          std::string::npos);
    CHECK(
        to_json(made)["modes"][0]["subjects"][4]["measures"]["cpu"]["against_best_peer"]["peer"] ==
        "fast");
}

TEST_CASE("against no router at all the machine's whole CPU time counts", "[bench]") {
    const Table table = report().tables.front();
    CHECK(against_direct(table, table.rows[1]) == Spread{2.8, 2.6, 3.0, 3});
}

TEST_CASE("a gate is kept up to its limit, and missed without a peer", "[bench]") {
    Report made = report();
    CHECK(exit_of(made) == Exit::yes);
    made.gates = {{Mode::down1, Measure::cpu, 0.9}};
    CHECK(exit_of(made) == Exit::yes);
    made.gates = {{Mode::down1, Measure::cpu, 0.89}};
    CHECK(exit_of(made) == Exit::no);

    made.gates = {{Mode::down1, Measure::cpu, 100}};
    std::erase_if(made.tables.front().rows, [](const Row& r) { return r.kind == Kind::peer; });
    CHECK(exit_of(made) == Exit::no);
    CHECK(to_text(made).find("gate down1.cpu <= 100: missed, there is no peer's figure") !=
          std::string::npos);
}

TEST_CASE("one lost answer is a no, however good the figures", "[bench]") {
    Report made = report();
    made.errors = {"ours, raw, repetition 1: 1 of 400: lost bytes"};
    CHECK(exit_of(made) == Exit::no);
}

TEST_CASE("the text names who took part, who did not and why, and the ratios with their range",
          "[bench]") {
    Report made = report();
    made.gates = {{Mode::down1, Measure::cpu, 0.95}};
    CHECK(
        to_text(made) ==
        R"(3 repetitions, subjects in turns; 2 cores, Linux 6.1, load 0.5 at the start, steal 1.2 %
  direct        no router
  ours          this
  slow          1.0
  fast          2.0
  gone          not measured: not installed
CPU is the router's own, total adds client and backend; ratios are medians of ratios
inside one repetition, with their range. Only ratios of one run can be compared.

down1: 32 MiB from the backend over 1 connection
          CPU s/GiB  total s/GiB  GiB/s      total vs direct
  direct          -        50.00      -                    1
  ours        90.00       140.00      -  2.80 (2.60 to 3.00)
  slow       200.00       250.00      -  5.00 (2.20 to 5.00)
  fast       100.00       150.00      -  3.00 (3.00 to 3.00)
  ours / best peer, cpu: 0.90 (0.80 to 1.00) of fast
  ours / best peer, total: 0.93 (0.87 to 1.00) of fast

gate down1.cpu <= 0.95: kept, 0.90 (0.80 to 1.00) of fast
)");
}

TEST_CASE("the JSON document carries every repetition's value", "[bench]") {
    Report made = report();
    made.tables.front().rows[1].samples[1].clear();
    const auto json = to_json(made);
    CHECK(json["schema"] == "sni-lab/bench/1");
    CHECK(json["exit"] == 0);
    CHECK(json["subjects"][4]["missing"] == "not installed");
    const auto ours = json["modes"][0]["subjects"][1];
    CHECK(ours["measures"]["cpu"]["values"] == nlohmann::ordered_json({80.0, nullptr, 100.0}));
    CHECK(ours["measures"]["cpu"]["repetitions"] == 2);
    CHECK(json["modes"][0]["ours_vs_best_peer"]["cpu"]["peer"] == "fast");
    CHECK(json["modes"][0]["ours_vs_best_peer"]["rate"].is_null());
}

}  // namespace bench_results_test
