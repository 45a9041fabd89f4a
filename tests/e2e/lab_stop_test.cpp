// A lab that is told to stop: all its ports at once, and the second time without any grace.
#include <csignal>
#include <future>

#include "lab/lab.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/manifest.h"
#include "tests/support/peer.h"
#include "tests/support/tls_client.h"

namespace e2e_lab_stop_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

/// negative-forger, with a Gateway for each of three ports, and nobody who forges anything.
scenario::Scenario three_ports() {
    const auto* entry = scenario::find_scenario("negative-forger");
    REQUIRE(entry != nullptr);
    for (const manifest::File& file : entry->files) {
        if (file.name.ends_with("/manifests.yaml")) return test::read_text(file.text).scenario;
    }
    return {};
}

/// Waits until nobody is let in any more.
bool closes(const Endpoint& gate) {
    const auto until = std::chrono::steady_clock::now() + test::kPatience;
    try {
        while (std::chrono::steady_clock::now() < until) {
            test::Peer::to(gate).end();
        }
    } catch (const std::exception&) {
        return true;
    }
    return false;
}

/// What it reads at last, past whatever comes before.
int last_error(int socket) {
    std::array<char, 4096> bytes;
    ssize_t got = 0;
    while ((got = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0) {
    }
    return got == 0 ? 0 : errno;
}

}  // namespace

TEST_CASE("a lab's ports stop accepting together, and another call cuts what drains", "[e2e]") {
    const scenario::Scenario scenario = three_ports();
    REQUIRE(scenario.gateway_ports.size() == 3);
    LabOptions options{.identity = certs::Identity::make()};
    options.certificates.assign(scenario.backends.size(), test::lab_certificate());
    options.gateway_certificates.assign(scenario.terminators.size(), test::lab_certificate());
    Lab lab(scenario, std::move(options));
    std::vector<test::Peer> clients;  // half a hello each
    for (const Gate& gate : lab.gates()) {
        clients.push_back(test::Peer::to(gate.endpoint));
        clients.back().send({std::byte{0x16}});
    }
    auto stopped = std::async(std::launch::async, [&] { lab.stop(60s); });
    for (const Gate& gate : lab.gates()) {
        CAPTURE(gate.port);
        CHECK(closes(gate.endpoint));
    }
    lab.stop(0ms);
    CHECK(stopped.wait_for(test::kPatience) == std::future_status::ready);
    for (test::Peer& client : clients) {
        CHECK(client.end() != test::End::silent);
    }
}

TEST_CASE("up cuts what drains by a reset when it is told to stop again, and logs that", "[e2e]") {
    const test::LabFolder lab;
    const std::string port = test::free_port();
    test::Background up(lab.command({"up", "--listen", "127.0.0.1:" + port}));
    while (up.line().find("127.0.0.1:" + port) == std::string::npos) {
    }
    const Endpoint gate = parse_endpoint("127.0.0.1:" + port).value();
    test::TlsClient client(gate);
    client.send("GET /drip?numbytes=50&duration=40&delay=0 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_head().status == 200);
    ::kill(up.pid(), SIGTERM);
    CHECK(closes(gate));
    CHECK(up.end(SIGTERM) == 0);
    CHECK(last_error(client.tcp().fd()) == ECONNRESET);
    const std::string log = test::slurp(lab / ".sni-lab/lab.log");
    CHECK(log.find("\"target\":\"/drip") != std::string::npos);
    CHECK(log.find("\"outcome\":\"routed\"") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(lab / ".sni-lab/lab.json"));
}

}  // namespace e2e_lab_stop_test
