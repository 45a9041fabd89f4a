// What a gateway that ends TLS passes on, both ways, and how it ends.
#include <future>

#include "lab/gateways/terminator.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"
#include "tests/support/tls_client.h"

namespace gateways_passing_on_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

gateways::TerminatorOptions ending_tls(const Endpoint& backend) {
    return {.backend = backend,
            .ends_with = {{test::lab_certificate().chain_pem(), test::lab_certificate().key}},
            .encrypts = false};
}

/// How SSL_read sees the end of what a server says: SSL_ERROR_ZERO_RETURN is close_notify.
int end_of(test::TlsClient& client, std::string& body) {
    for (;;) {
        char bytes[16384];
        const int got = SSL_read(client.ssl(), bytes, sizeof bytes);
        if (got <= 0) return SSL_get_error(client.ssl(), got);
        body.append(bytes, static_cast<std::size_t>(got));
    }
}

/// Reads a byte, says `answer`, and goes as `leave` has it.
test::Stub::Handler answering(const test::Buffer& answer, void (test::Peer::*leave)()) {
    return [answer, leave](test::Peer peer) {
        peer.read(1);
        peer.send(answer);
        peer.read(1);
        (peer.*leave)();
    };
}

}  // namespace

TEST_CASE("a gateway passes on both ways at once, and each end by itself", "[gateways]") {
    const test::Stub backend(test::echo);
    const gateways::Terminator gateway(
        {.backend = backend.endpoint(), .encrypts = false, .max_connections = 1});
    test::Peer client = test::Peer::to(gateway.listening());
    const test::Buffer said = test::noise(24u << 20);
    auto sent = std::async(std::launch::async, [&] {
        client.send(said);
        client.finish();
    });
    test::End end{};
    const test::Buffer heard = client.read_all(end);
    CHECK(heard == said);
    CHECK(end == test::End::finished);
    sent.get();
    // And when both have ended there is room for the next one.
    const auto until = std::chrono::steady_clock::now() + test::kPatience;
    const test::Buffer next{std::byte{'?'}};
    test::Buffer answer;
    while (answer != next && std::chrono::steady_clock::now() < until) {
        test::Peer other = test::Peer::to(gateway.listening());
        other.send(next);
        other.finish();
        answer = other.read_all();
    }
    CHECK(answer == next);
}

TEST_CASE("a backend's end is close_notify for a gateway's client, and its reset is none",
          "[gateways]") {
    const bool resets = GENERATE(false, true);
    CAPTURE(resets);
    const test::Stub backend(
        answering(test::noise(3), resets ? &test::Peer::reset : &test::Peer::finish));
    const gateways::Terminator gateway(ending_tls(backend.endpoint()));
    test::TlsClient client(gateway.listening());
    client.send("?");
    CHECK(client.take(3).size() == 3);
    client.send("!");
    std::string more;
    CHECK(end_of(client, more) == (resets ? SSL_ERROR_SYSCALL : SSL_ERROR_ZERO_RETURN));
    CHECK(more == "");
}

TEST_CASE("a gateway waits for a client that takes nothing as long as for one that is silent",
          "[gateways]") {
    const test::Buffer answer = test::noise(64u << 20);
    std::promise<void> broke_off;
    const test::Stub backend([&](test::Peer peer) {
        peer.read(1);
        try {
            peer.send(answer);
        } catch (const std::exception&) {
            broke_off.set_value();
        }
    });
    gateways::TerminatorOptions options = ending_tls(backend.endpoint());
    options.idle = 1s;
    const gateways::Terminator gateway(options);
    test::TlsClient client(gateway.listening());
    client.send("?");
    CHECK(broke_off.get_future().wait_for(8s) == std::future_status::ready);
    std::string body;
    CHECK(end_of(client, body) != SSL_ERROR_ZERO_RETURN);
    CHECK(!body.empty());
    CHECK(body.size() < answer.size());
}

}  // namespace gateways_passing_on_test
