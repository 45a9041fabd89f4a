// sni-lab bench as users start it, with as little load as it can.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace e2e_bench_test {

using namespace sni::test;
using nlohmann::json;

namespace {

Finished bench(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {SNI_LAB_BINARY, "bench"});
    return run_program(flags);
}

/// Processes whose command line names `path`.
std::size_t processes_of(const std::filesystem::path& path) {
    std::size_t count = 0;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
        const std::string words = slurp(entry.path() / "cmdline");
        if (words.find(path.native()) != std::string::npos) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("bench measures every subject that is installed, and names the others", "[e2e]") {
    const Finished finished = bench(
        {"--quick", "--modes", "raw,handshake,down1,pingpong", "--repetitions", "1", "--json"});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    const json report = json::parse(finished.out);
    CHECK(report["schema"] == "sni-lab/bench/1");
    CHECK(report["errors"].empty());
    REQUIRE(report["modes"].size() == 4);
    std::size_t measured = 0;
    for (const json& subject : report["subjects"]) {
        CAPTURE(subject.dump());
        CHECK(subject["missing"].get<std::string>().empty() !=
              subject["version"].get<std::string>().empty());
        if (subject["missing"] == "" && subject["kind"] != "variant") ++measured;
    }
    CHECK(measured >= 2);
    for (const json& mode : report["modes"]) {
        CAPTURE(mode["mode"].get<std::string>());
        const auto is_variant = [](const json& row) { return row["kind"] == "variant"; };
        const auto variants =
            static_cast<std::size_t>(std::ranges::count_if(mode["subjects"], is_variant));
        CHECK(mode["subjects"].size() == measured + variants);
        CHECK(variants >= 1);
        for (const json& subject : mode["subjects"]) {
            CAPTURE(subject["subject"].get<std::string>());
            CHECK(subject["measures"]["rate"]["median"] > 0);
            if (subject["kind"] == "direct") continue;
            CHECK(subject["measures"]["cpu"]["median"] > 0);
            CHECK(subject["measures"]["cpu"].contains("against_ours") == is_variant(subject));
            CHECK(subject["measures"]["cpu"].contains("against_best_peer") ==
                  (subject["subject"] == "ours-1t"));
            CHECK(subject["total_vs_direct"]["median"] > 0);
        }
    }
}

TEST_CASE("bench measures a peer that is named beside those that are installed", "[e2e]") {
    const TempFolder folder;
    const Finished where = run_program({"sh", "-c", "command -v haproxy || command -v nginx"});
    if (!have("haproxy or nginx", where.status == 0)) return;
    const std::string program = where.out.substr(0, where.out.find('\n'));
    const std::string product = std::filesystem::path(program).filename();
    std::filesystem::create_symlink(program, folder / "newer");
    const std::string peer = product + "=" + (folder / "newer").string();
    const Finished finished =
        bench({"--quick", "--modes", "raw", "--repetitions", "1", "--json", "--peer", peer});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    const json rows = json::parse(finished.out)["modes"][0]["subjects"];
    const auto found =
        std::ranges::find(rows, "newer", [](const json& row) { return row["subject"]; });
    REQUIRE(found != rows.end());
    CHECK((*found)["kind"] == "peer");
    CHECK((*found)["measures"]["cpu"]["median"] > 0);

    const Finished twice = bench({"--modes", "raw", "--peer", peer, "--peer", peer});
    CHECK(twice.status == 2);
    CHECK(twice.err.find("another one is called newer, too") != std::string::npos);
    const std::string none = (folder / "none").string();
    const Finished missing = bench({"--modes", "raw", "--peer", "haproxy=" + none});
    CHECK(missing.status == 2);
    CHECK(missing.err.find(none + " is no program") != std::string::npos);
    CHECK(bench({"--peer", "sslh=/bin/true"}).status == 2);
    CHECK(bench({"--peer", program}).status == 2);
}

TEST_CASE("bench holds a witness against a router that copies, and before TLS", "[e2e]") {
    const Finished finished =
        bench({"--quick", "--modes", "handshake,down1", "--repetitions", "1"});
    INFO(finished.out << finished.err);
    CHECK(finished.status == 0);
    CHECK(finished.out.find("  witness-tls / ours, cpu: ") != std::string::npos);
    CHECK(finished.out.find("  witness / ours-copy, cpu: ") != std::string::npos);
}

TEST_CASE("bench measures idle memory and big tables", "[e2e]") {
    const Finished finished = bench({"--quick", "--modes", "idle,routes", "--repetitions", "1"});
    INFO(finished.out << finished.err);
    CHECK(finished.status == 0);
    CHECK(finished.out.find("idle: 200 routed connections held") != std::string::npos);
    CHECK(finished.out.find("routes: 1000 routes") != std::string::npos);
}

TEST_CASE("bench exits 1 when a gate is missed, and says by how much", "[e2e]") {
    // Without a peer a gate cannot be judged, which is no pass either.
    const Finished finished =
        bench({"--quick", "--modes", "raw", "--repetitions", "1", "--max-ratio", "raw=0.01"});
    CHECK(finished.status == 1);
    CHECK(finished.out.find("gate raw.cpu <= 0.01: missed, ") != std::string::npos);
    CHECK(finished.err.starts_with("sni-lab: error: raw.cpu is not kept [SL6504]\n"));
}

TEST_CASE("bench refuses what it cannot do, with what it can", "[e2e]") {
    const Finished unknown = bench({"--modes", "raw,pingpog"});
    CHECK(unknown.status == 2);
    CHECK(unknown.err.find("there is no mode \"pingpog\"; did you mean pingpong?") !=
          std::string::npos);
    CHECK(bench({"--modes", "raw", "--max-ratio", "idle=1"}).status == 2);
    CHECK(bench({"--max-ratio", "raw"}).status == 2);
    CHECK(bench({"--repetitions", "0"}).status == 2);
    CHECK(bench({"--sni", "a.test"}).status == 2);
    CHECK(bench({"--gateway", "127.0.0.1:1"}).status == 2);
    CHECK(bench({"--gateway", "127.0.0.1:1", "--sni", "a.test", "--modes", "idle"}).status == 2);
}

TEST_CASE("bench puts load on nobody else", "[e2e]") {
    const Finished finished = bench({"--gateway", "192.0.2.1:443", "--sni", "a.test"});
    CHECK(finished.status == 2);
    CHECK(finished.err.find("bench puts load on loopback only") != std::string::npos);
}

TEST_CASE("bench asks once whether anybody listens", "[e2e]") {
    const Finished finished = bench({"--gateway", "127.0.0.1:1", "--sni", "a.test"});
    CHECK(finished.status == 4);
    CHECK(finished.err.find("the gateway 127.0.0.1:1 takes no connection [SL2101]") !=
          std::string::npos);
    CHECK(finished.out.empty());
}

TEST_CASE("bench measures a running gateway by rate and latency", "[e2e]") {
    const TempFolder folder;
    REQUIRE(
        run_program({SNI_LAB_BINARY, "certgen", "--state", (folder / "state").string()}).status ==
        0);
    const std::string pair = (folder / "state/certs/httpbin.example.com").string();
    Background backend({SNI_LAB_BINARY, "backend", "--listen", "127.0.0.1:0", "--cert",
                        pair + ".crt", "--key", pair + ".key"});
    const std::string ready = "ready ";
    const std::string behind = backend.line().substr(ready.size());
    Background router({SNI_LAB_BINARY, "router", "--listen", "127.0.0.1:0", "--route",
                       "httpbin.example.com=" + behind});
    const std::string gate = router.line().substr(ready.size());

    const Finished finished = bench({"--gateway", gate, "--sni", "httpbin.example.com", "--quick",
                                     "--repetitions", "1", "--json"});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    const json report = json::parse(finished.out);
    for (const json& mode : report["modes"]) {
        const json& measures = mode["subjects"][0]["measures"];
        CHECK(measures["rate"]["median"] > 0);
        CHECK(measures["p99"]["median"] >= measures["p50"]["median"]);
        CHECK_FALSE(measures.contains("cpu"));
    }
    // A name that is not routed is an error, not a fast answer.
    const Finished refused =
        bench({"--gateway", gate, "--sni", "other.test", "--quick", "--repetitions", "1"});
    CHECK(refused.status == 1);
    CHECK(refused.err.find("raw, repetition 1: 400 of 400: an alert") != std::string::npos);
    CHECK(refused.err.find("handshake, repetition 1: 100 of 100: TLS failed") != std::string::npos);
}

TEST_CASE("a bench that is told to stop leaves no process and no file", "[e2e]") {
    const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
    const TempFolder folder;
    Background running({"env", "TMPDIR=" + folder.path().string(), SNI_LAB_BINARY, "bench"});
    // The routers' own files, not the variable that env was given.
    const std::filesystem::path scratch = folder / "sni-lab-bench-";
    while (processes_of(scratch) == 0) {
    }
    CHECK(running.end(signal) == 128 + signal);
    CHECK(processes_of(scratch) == 0);
    std::string left;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        // ThreadSanitizer's own, of a process that was ended before it could take it away.
        const std::string name = entry.path().filename();
        if (!name.starts_with("tsan.")) left += name + "\n";
    }
    CHECK(left == "");
}

}  // namespace e2e_bench_test
