// The two ends of the load against each other, and against somebody in between who cheats.
#include <array>
#include <functional>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include "lab/bench/load/generator.h"
#include "lab/bench/load/machine.h"
#include "lab/bench/load/stub.h"
#include "lab/net/address.h"
#include "lab/peers/live/program.h"
#include "tests/support/catch.h"

namespace bench_load_load_test {

using namespace sni::bench;
using sni::Endpoint;
using sni::loopback;
using sni::net::Address;
using sni::net::Descriptor;

namespace {

const std::vector<std::string> kHello{hello_for("plain.bench.test")};

Driven drive(const Drive& wanted) {
    Generator generator;
    return generator.run(wanted, {});
}

using Errors = std::map<std::string, std::size_t>;

/// Passes one connection on to `to`; `cheat` may change what comes back, and false ends it.
class Middlebox {
  public:
    using Cheat = std::function<bool(std::span<std::byte>, std::size_t offset)>;

    Middlebox(const Endpoint& to, Cheat cheat)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const Address any(loopback(0));
        REQUIRE(::bind(listener_.fd(), any.get(), any.size()) == 0);
        REQUIRE(::listen(listener_.fd(), 1) == 0);
        thread_ = std::thread([this, to, cheat] { pass_on(to, cheat); });
    }
    ~Middlebox() { thread_.join(); }

    Endpoint at() const { return sni::net::local_endpoint(listener_.fd()); }

  private:
    void pass_on(const Endpoint& to, const Cheat& cheat) {
        const Descriptor client(::accept(listener_.fd(), nullptr, nullptr));
        const Descriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const Address address(to);
        if (::connect(server.fd(), address.get(), address.size()) != 0) return;
        std::array<std::byte, 4096> buffer;
        std::size_t offset = 0;
        for (;;) {
            std::array<pollfd, 2> both{{{client.fd(), POLLIN, 0}, {server.fd(), POLLIN, 0}}};
            ::poll(both.data(), both.size(), 10'000);
            const bool down = both[1].revents != 0;
            const ssize_t got =
                ::recv(down ? server.fd() : client.fd(), buffer.data(), buffer.size(), 0);
            if (got <= 0) return;
            const auto count = static_cast<std::size_t>(got);
            if (down && !cheat(std::span(buffer).first(count), offset)) return;
            if (down) offset += count;
            if (::send(down ? client.fd() : server.fd(), buffer.data(), count, MSG_NOSIGNAL) < got)
                return;
        }
    }

    Descriptor listener_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("generator and stub agree on every byte, both ways, plain and over TLS", "[bench]") {
    const Stub stub;
    const Ask ask = GENERATE(Ask::source, Ask::sink, Ask::echo);
    const bool tls = GENERATE(false, true);
    CAPTURE(static_cast<int>(ask), tls);
    Drive wanted{.to = tls ? stub.tls() : stub.plain(),
                 .hellos = {},
                 .tls_name = "tls.bench.test",
                 .ask = ask,
                 .bytes = ask == Ask::echo ? 64u : 1'000'000u,
                 .rounds = ask == Ask::echo ? 50u : 1u,
                 .connections = 40,
                 .concurrent = 8,
                 .when_all_held = {}};
    if (!tls) wanted.hellos = kHello;
    const Driven driven = drive(wanted);
    CHECK(driven.errors == Errors{});
    CHECK(driven.done == 40);
    CHECK(driven.latency_ms.size() == 40 * wanted.rounds);
    CHECK(driven.seconds > 0);
}

TEST_CASE("held connections are all open at once, and gone afterwards", "[bench]") {
    const Stub stub;
    std::size_t open = 0;
    const Driven driven = drive({.to = stub.plain(),
                                 .hellos = kHello,
                                 .tls_name = {},
                                 .ask = Ask::echo,
                                 .bytes = 1,
                                 .connections = 100,
                                 .concurrent = 10,
                                 .when_all_held = [&] { open = stub.open(); }});
    CHECK(driven.errors == Errors{});
    CHECK(open == 100);
    while (stub.open() > 0) {
        std::this_thread::yield();
    }
}

TEST_CASE("one altered byte in a megabyte is seen", "[bench]") {
    const Stub stub;
    const Middlebox cheat(stub.plain(), [](std::span<std::byte> bytes, std::size_t offset) {
        constexpr std::size_t kVictim = 777'777;
        if (offset <= kVictim && kVictim < offset + bytes.size())
            bytes[kVictim - offset] ^= std::byte{1};
        return true;
    });
    const Driven driven = drive({.to = cheat.at(),
                                 .hellos = kHello,
                                 .tls_name = {},
                                 .bytes = 1'000'000,
                                 .when_all_held = {}});
    CHECK(driven.errors == Errors{{"altered bytes", 1}});
    CHECK(driven.done == 0);
}

TEST_CASE("a stream that ends before its last byte is seen", "[bench]") {
    const Stub stub;
    const Middlebox cheat(
        stub.plain(), [](std::span<std::byte>, std::size_t offset) { return offset < 500'000; });
    const Driven driven = drive({.to = cheat.at(),
                                 .hellos = kHello,
                                 .tls_name = {},
                                 .bytes = 1'000'000,
                                 .when_all_held = {}});
    // Cut off with bytes unread it may also come as a reset; it never passes.
    CHECK(driven.done == 0);
    REQUIRE(driven.errors.size() == 1);
    const std::string what = driven.errors.begin()->first;
    CHECK((what == "lost bytes" || what == "Connection reset by peer"));
}

TEST_CASE("connections that are never answered are cut at the time limit, and counted", "[bench]") {
    const Descriptor silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address any(loopback(0));
    REQUIRE(::bind(silent.fd(), any.get(), any.size()) == 0);
    REQUIRE(::listen(silent.fd(), 64) == 0);
    const Driven driven = drive({.to = sni::net::local_endpoint(silent.fd()),
                                 .hellos = kHello,
                                 .tls_name = {},
                                 .bytes = 64,
                                 .connections = 10,
                                 .concurrent = 4,
                                 .limit = std::chrono::milliseconds(100),
                                 .when_all_held = {}});
    CHECK(driven.errors == Errors{{"unfinished when time was up", 10}});
}

TEST_CASE("connections that are refused are counted", "[bench]") {
    const Driven driven = drive({.to = loopback(sni::peers::free_port()),
                                 .hellos = kHello,
                                 .tls_name = {},
                                 .bytes = 64,
                                 .connections = 3,
                                 .when_all_held = {}});
    CHECK(driven.errors == Errors{{"Connection refused", 3}});
}

TEST_CASE("the pattern shows a block that was moved by any step a router could make", "[bench]") {
    const sni::Bytes block = pattern_at(0).first(4096);
    CHECK(matches(block, 0));
    for (const std::uint64_t step : {1, 512, 1460, 4096, 16'384, 65'536, 262'144, 1'048'576}) {
        CAPTURE(step);
        CHECK_FALSE(matches(block, step));
    }
}

}  // namespace bench_load_load_test
