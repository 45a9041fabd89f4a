// The router as a process of its own: what only a whole process can show.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"
#include "tests/support/tunnel.h"

namespace cli_router_process_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

Endpoint ready(Background& router) {
    return parse_endpoint(router.line().substr(6)).value();
}

std::size_t descriptors_of(const Background& process) {
    return static_cast<std::size_t>(std::ranges::distance(
        std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/fd"),
        std::filesystem::directory_iterator()));
}

/// Takes those out of `peers` that have been answered with `answer`, once that is so for any.
std::vector<Peer> answered(std::vector<Peer>& peers, const Buffer& answer,
                           std::chrono::milliseconds within) {
    std::vector<pollfd> waiting;
    for (const Peer& peer : peers) {
        waiting.push_back({.fd = peer.fd(), .events = POLLIN, .revents = 0});
    }
    ::poll(waiting.data(), waiting.size(), static_cast<int>(within.count()));
    std::vector<Peer> done, rest;
    for (std::size_t i = 0; i < peers.size(); ++i) {
        const bool came = waiting[i].revents != 0;
        if (came) REQUIRE(peers[i].read(answer.size()) == answer);
        (came ? done : rest).push_back(std::move(peers[i]));
    }
    peers = std::move(rest);
    return done;
}

}  // namespace

TEST_CASE("under ulimit -n 64 two hundred clients are all served, twenty at once", "[cli]") {
    const Stub backend(echo);
    Background router({"/bin/sh", "-c", "ulimit -n 64 && exec \"$0\" \"$@\"", SNI_LAB_BINARY,
                       "router", "--listen", "127.0.0.1:0", "--route",
                       "*=" + to_string(backend.endpoint()), "--threads", "2"});
    const Endpoint address = ready(router);
    const Buffer wire = hello_for("httpbin.example.com");
    const auto serve_one = [&] {
        Peer client = Peer::to(address);
        client.send(wire);
        CHECK(client.read(wire.size()) == wire);
        client.finish();
        CHECK(client.end() == End::finished);
    };
    serve_one();
    const std::size_t before = descriptors_of(router);

    std::vector<Peer> clients;
    for (int i = 0; i < 200; ++i) {
        clients.push_back(Peer::to(address));
        clients.back().send(wire);
    }
    // Those that are answered stay, until no more are.
    std::vector<Peer> at_once;
    for (;;) {
        std::vector<Peer> more = answered(clients, wire, 500ms);
        if (more.empty()) break;
        std::ranges::move(more, std::back_inserter(at_once));
    }
    CHECK(at_once.size() >= 20);
    CHECK(at_once.size() < 64);
    at_once.clear();
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!clients.empty() && std::chrono::steady_clock::now() < until) {
        answered(clients, wire, 100ms);
    }
    CHECK(clients.empty());
    serve_one();
    while (descriptors_of(router) != before && std::chrono::steady_clock::now() < until) {
    }
    CHECK(descriptors_of(router) == before);
    CHECK(router.end(SIGTERM) == 0);
}

TEST_CASE("a backend process that is killed in mid-stream is a reset for its client, and a reason",
          "[cli]") {
    // The backend is another router, which has more in its hands than it can pass on.
    const Door end;
    Background backend({SNI_LAB_BINARY, "router", "--listen", "127.0.0.1:0", "--route",
                        "*=" + to_string(end.endpoint())});
    const auto log = std::filesystem::temp_directory_path() /
                     ("sni-lab-killed-" + std::to_string(::getpid()) + ".log");
    std::filesystem::remove(log);
    Background router({SNI_LAB_BINARY, "router", "--listen", "127.0.0.1:0", "--route",
                       "*=" + to_string(ready(backend)), "--access-log", log.string()});
    Peer client = Peer::to(ready(router));
    client.send(hello_for("httpbin.example.com"));
    REQUIRE(fill(client, Buffer(64u << 20)) > 0);
    CHECK(backend.end(SIGKILL) == 128 + SIGKILL);
    CHECK(client.end() == End::reset);
    CHECK(router.end(SIGTERM) == 0);
    std::ifstream file(log);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    CAPTURE(text);
    CHECK(std::ranges::count(text, '\n') == 1);
    CHECK(text.find(R"("outcome":"routed","sni":"httpbin.example.com")") != std::string::npos);
    CHECK(text.find(R"("client_end":"cut","backend_end":"reset"})") != std::string::npos);
    std::filesystem::remove(log);
}

}  // namespace cli_router_process_test
