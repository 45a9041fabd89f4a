// What an operator is told of a running router.
#include "lab/router/ops.h"

#include <atomic>
#include <numeric>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/router_lab.h"

namespace router_ops_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using nlohmann::json;
using router::LiveConnection;
using router::Outcome;
using router::Snapshot;

namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// Waits until the router shows what the test is about.
template <class Condition>
Snapshot snapshot_when(router::Router& router, Condition condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        auto snapshot = router.snapshot(100);
        REQUIRE(snapshot.has_value());
        if (condition(*snapshot) || std::chrono::steady_clock::now() > until) return *snapshot;
    }
}

std::uint64_t ended(const Snapshot& snapshot, Outcome outcome) {
    return snapshot.counters.ended[static_cast<std::size_t>(outcome)];
}

}  // namespace

TEST_CASE("a time falls into the first bucket that it does not exceed", "[router]") {
    router::Histogram times;
    times.add(0ns);
    times.add(100us);
    times.add(100us + 1ns);
    times.add(10s);
    times.add(11s);
    CHECK(times.counts.front() == 2);
    CHECK(times.counts[1] == 1);
    CHECK(times.counts[times.counts.size() - 2] == 1);
    CHECK(times.counts.back() == 1);
    CHECK(times.sum == 21s + 200us + 1ns);
    router::Histogram twice = times;
    twice += times;
    CHECK(twice.counts.front() == 4);
    CHECK(twice.sum == 2 * times.sum);
}

TEST_CASE("live connections are listed as they are, and counted when they ended", "[router]") {
    Door door;
    const DeafBackend deaf;
    RouterLab lab({route_to(kName, {door.endpoint()}), route_to("deaf.test", {deaf.endpoint()})});
    const Buffer wire = hello_for(kName);
    Peer relayed = lab.client(wire);
    Peer backend = door.accept();
    REQUIRE(backend.read(wire.size()) == wire);
    backend.send(Buffer(100));
    REQUIRE(relayed.read(100).size() == 100);
    Peer dialling = lab.client(hello_for("deaf.test"));
    Peer stalled = lab.client(Buffer(wire.begin(), wire.end() - 1));

    const auto of = [](const Snapshot& snapshot, LiveConnection::State state) {
        return std::ranges::find(snapshot.connections, state, &LiveConnection::state);
    };
    const Snapshot live = snapshot_when(lab.router(), [&](const Snapshot& snapshot) {
        return snapshot.live == 3 && snapshot.stalled == 2 &&
               of(snapshot, LiveConnection::State::dialling) != snapshot.connections.end();
    });
    REQUIRE(live.connections.size() == 3);
    const auto relay = of(live, LiveConnection::State::relaying);
    REQUIRE(relay != live.connections.end());
    CHECK(relay->client == net::local_endpoint(relayed.fd()));
    CHECK(relay->sni == kName);
    CHECK(relay->backend == door.endpoint());
    CHECK(relay->bytes_up == wire.size());
    CHECK(relay->bytes_down == 100);
    CHECK(relay->age > 0ns);
    const auto dial = of(live, LiveConnection::State::dialling);
    REQUIRE(dial != live.connections.end());
    CHECK(dial->sni == "deaf.test");
    CHECK(dial->backend == deaf.endpoint());
    const auto hello = of(live, LiveConnection::State::hello);
    REQUIRE(hello != live.connections.end());
    CHECK_FALSE(hello->sni.has_value());
    CHECK(std::set{relay->id, dial->id, hello->id}.size() == 3);
    // One waits for its last byte, the other for its backend.
    CHECK(live.stalled_bytes == wire.size() - 1 + hello_for("deaf.test").size());
    CHECK(live.counters.bytes_up == wire.size());
    CHECK(live.counters.bytes_down == 100);
    CHECK(ended(live, Outcome::routed) == 0);

    relayed.reset();
    dialling.reset();
    stalled.reset();
    const auto records = lab.records(3);
    CHECK(std::ranges::find(records, relay->id, &router::SessionRecord::id)->outcome ==
          Outcome::routed);
    const Snapshot after =
        snapshot_when(lab.router(), [](const Snapshot& snapshot) { return snapshot.live == 0; });
    CHECK(after.connections.empty());
    CHECK(after.stalled_bytes == 0);
    CHECK(ended(after, Outcome::routed) == 1);
    CHECK(ended(after, Outcome::client_reset) == 1);
    CHECK(ended(after, Outcome::client_left) == 1);
    CHECK(after.counters.bytes_up == wire.size());
    CHECK(after.counters.bytes_down == 100);
    const auto& hellos = after.counters.hello.counts;
    CHECK(std::accumulate(hellos.begin(), hellos.end(), 0u) == 2);
}

TEST_CASE("a snapshot lists no more connections of a thread than it was asked for", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})}, {.threads = 1});
    std::vector<Peer> clients;
    std::vector<Peer> backends;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(lab.client(hello_for(kName)));
        backends.push_back(door.accept());
    }
    const auto snapshot = lab.router().snapshot(2);
    REQUIRE(snapshot.has_value());
    CHECK(snapshot->live == 5);
    REQUIRE(snapshot->connections.size() == 2);
    CHECK(snapshot->connections.front().client == net::local_endpoint(clients.back().fd()));
}

TEST_CASE("a router that has ended has no snapshot, and keeps nobody waiting", "[router]") {
    RouterLab lab({route_to(kName, {loopback(1)})});
    lab.router().stop();
    const auto began = std::chrono::steady_clock::now();
    CHECK_FALSE(lab.router().snapshot().has_value());
    CHECK(std::chrono::steady_clock::now() - began < 900ms);
}

TEST_CASE("asking about connections while they come and go harms neither", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    std::atomic<bool> done = false;
    std::thread asker([&] {
        while (!done) {
            const auto snapshot = lab.router().snapshot(100);
            if (!snapshot || snapshot->connections.size() > snapshot->live) std::abort();
        }
    });
    const Buffer wire = hello_for(kName);
    for (int i = 0; i < 100; ++i) {
        Peer client = lab.client(wire);
        REQUIRE(client.read(wire.size()) == wire);
        if (i % 2 == 0) client.reset();
    }
    lab.records(100);
    done = true;
    asker.join();
    CHECK(ended(*lab.router().snapshot(), Outcome::routed) == 100);
}

TEST_CASE("metrics tell every outcome, both directions and both times", "[router]") {
    Snapshot snapshot{.live = 3,
                      .stalled = 2,
                      .stalled_bytes = 1'000,
                      .stalled_most = 9'000,
                      .held = 4,
                      .held_bytes = 64'000,
                      .held_most = 99'000,
                      .pipes = 5,
                      .pipes_most = 31,
                      .trouble = EINVAL};
    snapshot.counters.too_slow = 12;
    snapshot.counters.lost_records = 1;
    snapshot.counters.ended[static_cast<std::size_t>(Outcome::no_route)] = 7;
    snapshot.counters.bytes_up = 11;
    snapshot.counters.bytes_down = 13;
    snapshot.counters.hello.add(200us);
    snapshot.counters.connect.add(2s);
    const auto families = router::metrics(snapshot, {.threads = 2,
                                                     .max_connections = 500,
                                                     .routes = 4,
                                                     .lost_log_lines = 8,
                                                     .common = {5, 6, true}});
    const std::string text = admin::to_prometheus(families);
    CAPTURE(text);
    for (std::size_t i = 0; i < router::kOutcomes; ++i) {
        const std::string word(to_string(static_cast<Outcome>(i)));
        const std::string count = word == "no_route" ? "7" : "0";
        CHECK(
            has_line(text, "sni_lab_router_connections_total{outcome=\"" + word + "\"} " + count));
    }
    for (const char* line : {"sni_lab_router_connections 3",
                             "sni_lab_router_connections_max 500",
                             "sni_lab_router_bytes_total{direction=\"up\"} 11",
                             "sni_lab_router_bytes_total{direction=\"down\"} 13",
                             "sni_lab_router_hello_seconds_bucket{le=\"0.0001\"} 0",
                             "sni_lab_router_hello_seconds_bucket{le=\"0.00025\"} 1",
                             "sni_lab_router_hello_seconds_bucket{le=\"+Inf\"} 1",
                             "sni_lab_router_hello_seconds_sum 0.0002",
                             "sni_lab_router_connect_seconds_count 1",
                             "sni_lab_router_stalled_hellos 2",
                             "sni_lab_router_stalled_hello_bytes 1000",
                             "sni_lab_router_stalled_hello_bytes_max 9000",
                             "sni_lab_router_held 4",
                             "sni_lab_router_held_bytes 64000",
                             "sni_lab_router_held_bytes_max 99000",
                             "sni_lab_router_pipes 5",
                             "sni_lab_router_pipes_max 31",
                             "sni_lab_router_too_slow_total 12",
                             "sni_lab_router_accepting 0",
                             "sni_lab_router_routes 4",
                             "sni_lab_router_reloads_total{result=\"ok\"} 5",
                             "sni_lab_router_reloads_total{result=\"failed\"} 6",
                             "sni_lab_router_access_log_lost_lines_total 9",
                             "sni_lab_router_threads 2",
                             "sni_lab_router_draining 1"}) {
        CHECK(has_line(text, line));
    }
    CHECK(text.find("sni_lab_build_info{version=\"") != std::string::npos);
}

TEST_CASE("the list of connections is JSON, newest first, with a client's bytes escaped",
          "[router]") {
    const Snapshot snapshot{.live = 2,
                            .connections = {{.id = 1, .client = loopback(1'000), .age = 5s},
                                            {.id = 2,
                                             .client = loopback(1'001),
                                             .state = LiveConnection::State::relaying,
                                             .sni = "a\n\xff",
                                             .backend = loopback(9'443),
                                             .bytes_up = 3,
                                             .bytes_down = 4,
                                             .age = 1'500us}}};
    const json expected = {{"live", 2},
                           {"listed", 2},
                           {"left_out", 0},
                           {"connections",
                            {{{"id", 2},
                              {"client", "127.0.0.1:1001"},
                              {"sni", "a\\x0a\\xff"},
                              {"backend", "127.0.0.1:9443"},
                              {"state", "relaying"},
                              {"bytes_up", 3},
                              {"bytes_down", 4},
                              {"age_ms", 1}},
                             {{"id", 1},
                              {"client", "127.0.0.1:1000"},
                              {"sni", nullptr},
                              {"backend", nullptr},
                              {"state", "hello"},
                              {"bytes_up", 0},
                              {"bytes_down", 0},
                              {"age_ms", 5'000}}}}};
    CHECK(json::parse(router::connections_json(snapshot)) == expected);
}

TEST_CASE("the list of routes tells weights, and which backends rest", "[router]") {
    route::Route shared = route_to("*.example.com", {loopback(1), loopback(2)});
    shared.backends[1].weight = 3;
    const router::Table table(route::RouteTable({shared, route_to("*", {loopback(3)})}),
                              loopback(4));
    const auto now = router::Clock::now();
    table.refused(table.routes().routes()[0].backends[1], now);
    const auto backend = [](int port, int weight, bool resting) {
        return json{{"address", "127.0.0.1:" + std::to_string(port)},
                    {"weight", weight},
                    {"resting", resting}};
    };
    const json expected = {
        {"routes",
         {{{"name", "*.example.com"}, {"backends", {backend(1, 1, false), backend(2, 3, true)}}},
          {{"name", "*"}, {"backends", json::array({backend(3, 1, false)})}}}},
        {"non_tls", json::array({backend(4, 1, false)})}};
    CHECK(json::parse(router::routes_json(table, now)) == expected);
}

TEST_CASE("a router is healthy from the start, and ready from its start to its drain", "[router]") {
    router::Ops ops;
    const admin::Pages pages = ops.pages();
    const auto status = [&](const char* path) { return pages.at(path)().status; };
    CHECK(status("/healthz") == 200);
    for (const char* path : {"/readyz", "/metrics", "/routes", "/connections"}) {
        CHECK(status(path) == 503);
    }
    RouterLab lab({route_to(kName, {loopback(1)})});
    ops.ready(lab.router());
    for (const char* path : {"/healthz", "/readyz", "/metrics", "/routes", "/connections"}) {
        CHECK(status(path) == 200);
    }
    ops.reloaded(true);
    ops.reloaded(false);
    ops.reloaded(false);
    CHECK(
        has_line(pages.at("/metrics")().body, "sni_lab_router_reloads_total{result=\"failed\"} 2"));
    ops.draining();
    CHECK(status("/readyz") == 503);
    CHECK(pages.at("/readyz")().body == "draining\n");
    CHECK(status("/healthz") == 200);
    CHECK(has_line(pages.at("/metrics")().body, "sni_lab_router_draining 1"));
}

}  // namespace router_ops_test
