#include "lab/net/bind.h"

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/dial.h"
#include "lab/net/port_owner.h"
#include "lab/net/resolve.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace net_bind_test {

using namespace sni;

namespace {

Diagnostic refusal(const Endpoint& endpoint, std::string_view chosen_by = {}) {
    try {
        net::bind_listener(endpoint, chosen_by);
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::machine);
        return failure.diagnostics().front();
    }
    FAIL("the port was not refused");
    return {};
}

}  // namespace

TEST_CASE("all sockets of a port share the one that the first got", "[net]") {
    const auto sockets = net::bind_listeners(loopback(0), 3);
    REQUIRE(sockets.size() == 3);
    const Endpoint first = net::local_endpoint(sockets[0].fd());
    CHECK(first.port != 0);
    CHECK(net::local_endpoint(sockets[1].fd()) == first);
    CHECK(net::local_endpoint(sockets[2].fd()) == first);
}

TEST_CASE("a port whose listeners share it among themselves is still refused to others", "[net]") {
    const auto sockets = net::bind_listeners(loopback(0), 3);
    const Endpoint taken = net::local_endpoint(sockets[0].fd());
    const Diagnostic refused = refusal(taken);
    CHECK(refused.code == code::kPortInUse);
    CHECK(refused.message == "cannot listen on " + to_string(taken) + ": the port is in use");
    CHECK(refused.why == "this very process listens there already");
    CHECK(refused.hint == "stop it, or choose another address; port 0 takes a free one");
    CHECK(refusal(taken, "--plain").hint ==
          "stop it, or choose another address with --plain; port 0 takes a free one");
}

TEST_CASE("a port that is held refuses clients, and can be listened on", "[net]") {
    const Endpoint at = net::bound_to(net::bind_listener(loopback(0)));
    const auto held = net::hold_port(at);
    const auto soon = net::Clock::now() + std::chrono::seconds(20);
    CHECK_FALSE(net::dial(at, soon).has_value());
    const auto listener = net::bind_listener(at);
    CHECK(net::dial(at, soon).has_value());
    CHECK_THROWS_AS(net::hold_port(at), Failure);
}

TEST_CASE("who listens on a port is found at its address and at every address", "[net]") {
    const test::Door everywhere(Endpoint{Endpoint::Kind::ipv4, "0.0.0.0", 0});
    const auto owner = net::port_owner(loopback(everywhere.endpoint().port));
    REQUIRE(owner);
    CHECK(owner->pid == ::getpid());
    CHECK_FALSE(owner->command.empty());
    const test::ClosedPort closed;
    CHECK(net::port_owner(closed.endpoint()) == std::nullopt);
}

TEST_CASE("an address of another machine is refused with a remedy", "[net]") {
    const Endpoint documentation{Endpoint::Kind::ipv4, "192.0.2.1", 8443};
    const Diagnostic refused = refusal(documentation);
    CHECK(refused.code == code::kCannotListen);
    CHECK(refused.message == "cannot listen on 192.0.2.1:8443: this machine has no such address");
}

TEST_CASE("permission denied says what else to do", "[net]") {
    const Failure failure = net::cannot_listen(loopback(443), EACCES, "--admin");
    CHECK(failure.exit() == Exit::machine);
    CHECK(failure.diagnostics().front().code == code::kNoPermission);
    CHECK(failure.diagnostics().front().message ==
          "cannot listen on 127.0.0.1:443: permission denied");
    CHECK(failure.diagnostics().front().why == "ports below 1024 are for root");
    CHECK(failure.diagnostics().front().hint ==
          "choose a port from 1024 on with --admin, or grant CAP_NET_BIND_SERVICE");
}

TEST_CASE("IPv6 addresses are listened on where there is IPv6", "[net]") {
    const Endpoint v6{Endpoint::Kind::ipv6, "::1", 0};
    const auto socket = net::bind_listener(v6);
    CHECK(net::local_endpoint(socket.fd()).host == "::1");
    CHECK(net::local_endpoint(socket.fd()).port != 0);
}

TEST_CASE("a name resolves to addresses with its port, an address to itself", "[net]") {
    const auto local = net::resolve(Endpoint{Endpoint::Kind::name, "localhost", 8443});
    CHECK(local == std::vector<Endpoint>{loopback(8443), {Endpoint::Kind::ipv6, "::1", 8443}});
    CHECK(net::resolve(loopback(1)) == std::vector<Endpoint>{loopback(1)});
}

TEST_CASE("a name without an address is a failure that names it", "[net]") {
    try {
        net::resolve(Endpoint{Endpoint::Kind::name, "no-such-host.invalid", 1});
        FAIL("it resolved");
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::machine);
        CHECK(failure.diagnostics().front().code == code::kCannotResolve);
        CHECK(failure.diagnostics().front().message == "\"no-such-host.invalid\" has no address");
    }
}

}  // namespace net_bind_test
