#include <thread>

#include <linux/tcp.h>  // glibc knows fewer members of tcp_info

#include "lab/net/loop/net.h"
#include "tests/support/catch.h"
#include "tests/support/tunnel.h"

namespace net_relay_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using net::Ending;
using net::RelayResult;

TEST_CASE("a relay carries every byte both ways at once", "[net]") {
    const std::size_t size = GENERATE(std::size_t{1}, std::size_t{65'536}, std::size_t{20'000'000});
    const std::size_t pipes = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{4});
    CAPTURE(size, pipes);
    Tunnel tunnel(1h, "first", 0, pipes);
    const Buffer up = noise(size, 1);
    const Buffer down = noise(size + 1, 2);
    const Exchanged exchanged = exchange(tunnel, up, down);
    CHECK((exchanged.at_backend == up));
    CHECK((exchanged.at_client == down));
    CHECK(tunnel.result() ==
          RelayResult{
              .up = size + 5, .down = size + 1, .a = Ending::finished, .b = Ending::finished});
}

TEST_CASE("an end is passed on behind the last byte while the other way goes on", "[net]") {
    Tunnel tunnel;
    SECTION("the client finishes first") {
        tunnel.client().send(bytes_of("question"));
        tunnel.client().finish();
        End end{};
        CHECK(tunnel.backend().read_all(end) == bytes_of("question"));
        CHECK(end == End::finished);
        tunnel.backend().send(bytes_of("answer"));
        tunnel.backend().finish();
        CHECK(tunnel.client().read_all(end) == bytes_of("answer"));
        CHECK(end == End::finished);
    }
    SECTION("the backend finishes first") {
        tunnel.backend().send(bytes_of("greeting"));
        tunnel.backend().finish();
        End end{};
        CHECK(tunnel.client().read_all(end) == bytes_of("greeting"));
        CHECK(end == End::finished);
        tunnel.client().send(bytes_of("late words"));
        tunnel.client().finish();
        CHECK(tunnel.backend().read_all(end) == bytes_of("late words"));
        CHECK(end == End::finished);
    }
    const RelayResult result = tunnel.result();
    CHECK(result.a == Ending::finished);
    CHECK(result.b == Ending::finished);
}

TEST_CASE("a reset of either side reaches the other as a reset", "[net]") {
    Tunnel tunnel;
    SECTION("of the client") {
        tunnel.client().reset();
        CHECK(tunnel.backend().end() == End::reset);
        const RelayResult result = tunnel.result();
        CHECK(result.a == Ending::reset);
        CHECK(result.b == Ending::cut);
    }
    SECTION("of the backend") {
        tunnel.backend().reset();
        CHECK(tunnel.client().end() == End::reset);
        const RelayResult result = tunnel.result();
        CHECK(result.a == Ending::cut);
        CHECK(result.b == Ending::reset);
    }
    SECTION("of a client that had finished sending") {
        tunnel.client().finish();
        CHECK(tunnel.backend().read(1).empty());
        tunnel.client().reset();
        // Its own end is in the backend's hands already; only a write shows what followed.
        CHECK(tunnel.result().a == Ending::reset);
    }
}

TEST_CASE("bytes that came before a reset are passed on before it", "[net]") {
    Tunnel tunnel;
    const Buffer answer = noise(50'000);
    tunnel.backend().send(answer);
    tunnel.backend().reset();
    End end{};
    CHECK((tunnel.client().read_all(end) == answer));
    CHECK(end == End::reset);
}

TEST_CASE("the last bytes and the end behind them arrive in one segment", "[net]") {
    Tunnel tunnel;
    const auto segments = [&] {
        tcp_info info{};
        socklen_t size = sizeof info;
        ::getsockopt(tunnel.client().fd(), IPPROTO_TCP, TCP_INFO, &info, &size);
        return info.tcpi_segs_in;
    };
    const auto before = segments();
    std::promise<void> look = tunnel.hold();
    tunnel.backend().send(bytes_of("last words"));
    tunnel.backend().finish();
    look.set_value();
    CHECK(tunnel.client().read_all() == bytes_of("last words"));
    CHECK(segments() == before + 1);
}

TEST_CASE("a side that does not read stops the sender, in little memory", "[net]") {
    const bool up = GENERATE(true, false);
    const std::size_t pipes = GENERATE(std::size_t{0}, std::size_t{4});
    CAPTURE(up, pipes);
    Tunnel tunnel(1h, "first", 0, pipes);
    Peer& sender = up ? tunnel.client() : tunnel.backend();
    Peer& reader = up ? tunnel.backend() : tunnel.client();
    constexpr std::size_t kMuch = 256u << 20;  // Linux may buffer 32 MiB on each side by itself
    const Buffer block = noise(1u << 20);
    const std::size_t before = resident_bytes();

    // Send until nothing moves any more: the kernel's buffers and ours are full.
    std::size_t sent = 0;
    pollfd room{.fd = sender.fd(), .events = POLLOUT, .revents = 0};
    while (sent < kMuch && ::poll(&room, 1, 500) == 1) {
        sent += sender.send_some(block);
    }
    CHECK(sent < kMuch / 2);
    CHECK(resident_bytes() < before + (8u << 20));

    // Then everything arrives.
    sender.finish();
    CHECK(reader.read_all().size() == sent);
}

TEST_CASE("a reset is passed on at once although the other side is stuck", "[net]") {
    Tunnel tunnel;
    const Buffer block(1u << 20);
    pollfd room{.fd = tunnel.client().fd(), .events = POLLOUT, .revents = 0};
    while (::poll(&room, 1, 300) == 1) {
        tunnel.client().send_some(block);
    }
    tunnel.client().reset();
    const RelayResult result = tunnel.result();  // though the backend never reads
    CHECK(result.a == Ending::reset);
    CHECK(tunnel.backend().end() == End::reset);
}

TEST_CASE("a connection that moves nothing ends after the idle time", "[net]") {
    Tunnel tunnel(100ms);
    const auto began = net::Clock::now();
    const RelayResult result = tunnel.result();
    CHECK(net::Clock::now() - began >= 90ms);
    CHECK(result.a == Ending::timed_out);
    CHECK(result.b == Ending::timed_out);
    CHECK(tunnel.client().end() == End::reset);
    CHECK(tunnel.backend().end() == End::reset);
}

TEST_CASE("moving bytes put the idle time off", "[net]") {
    Tunnel tunnel(200ms);
    const auto began = net::Clock::now();
    while (net::Clock::now() - began < 500ms) {
        tunnel.client().send(Buffer(1));
        REQUIRE(tunnel.backend().read(1).size() == 1);
        tunnel.backend().send(Buffer(1));
        REQUIRE(tunnel.client().read(1).size() == 1);
    }
    tunnel.client().finish();
    CHECK(tunnel.backend().end() == End::finished);
}

TEST_CASE("a loop that stops cuts its relays and says so", "[net]") {
    Tunnel tunnel;
    tunnel.stop();
    CHECK(tunnel.result() == RelayResult{.up = 5, .down = 0, .a = Ending::cut, .b = Ending::cut});
    CHECK(tunnel.client().end() == End::reset);
    CHECK(tunnel.backend().end() == End::reset);
}

TEST_CASE("what a client sends on and on behind its first bytes does not stall", "[net]") {
    // All of it may be in the kernel before the relay listens, and then nobody tells again.
    const std::string first(100'000, 'f');
    Tunnel tunnel(1h, first);
    const Buffer more = noise(3'000'000);
    std::thread sender([&] {
        tunnel.client().send(more);
        tunnel.client().finish();
    });
    CHECK((tunnel.backend().read_all() == more));
    sender.join();
}

TEST_CASE("what stands behind a byte out of band is passed on without waiting for more", "[net]") {
    Tunnel tunnel;
    std::promise<void> release = tunnel.hold();
    tunnel.client().send(bytes_of("before"));
    CHECK(::send(tunnel.client().fd(), "!", 1, MSG_OOB | MSG_NOSIGNAL) == 1);
    tunnel.client().send(bytes_of("behind"));
    release.set_value();
    CHECK(tunnel.backend().read(12) == bytes_of("beforebehind"));
}

}  // namespace net_relay_test
