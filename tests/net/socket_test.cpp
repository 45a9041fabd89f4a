#include "lab/net/loop/net.h"
#include "tests/support/catch.h"
#include "tests/support/net_lab.h"
#include "tests/support/peer.h"

namespace net_socket_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

/// What a coroutine found, for the test's own thread.
struct Seen {
    Buffer bytes;
    int send_error = 0;
    int error = 0;
    std::chrono::milliseconds after{0};
};

/// Reads the next client to its end, or to its error.
net::Task<> read_one(net::Listener& listener, std::chrono::milliseconds within,
                     std::promise<Seen>& done) {
    net::Socket client = co_await listener.accept();
    const auto began = net::Clock::now();
    Seen seen;
    try {
        client.expires_after(within);
        std::byte block[7];
        for (;;) {
            const std::size_t count = co_await client.read_some(block);
            if (count == 0) break;
            seen.bytes.insert(seen.bytes.end(), block, block + count);
        }
    } catch (const net::Error& error) {
        seen.error = error.number();
    }
    seen.after = std::chrono::ceil<std::chrono::milliseconds>(net::Clock::now() - began);
    done.set_value(std::move(seen));
}

/// Sends to the next client only when its reset is here, and reads then.
net::Task<> send_then_read(net::Listener& listener, std::promise<Seen>& done) {
    net::Socket client = co_await listener.accept();
    std::byte block[7];
    co_await client.read_some(block);
    pollfd reset{.fd = client.stream().fd(), .events = 0, .revents = 0};
    ::poll(&reset, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count()));
    Seen seen;
    try {
        const Buffer late = bytes_of("late");
        co_await client.write_all(late);
    } catch (const net::Error& error) {
        seen.send_error = error.number();
    }
    try {
        co_await client.read_some(block);
    } catch (const net::Error& error) {
        seen.error = error.number();
    }
    done.set_value(std::move(seen));
}

net::Task<> dial_for_one(net::Listener& listener, Endpoint backend,
                         std::chrono::milliseconds within, std::promise<Seen>& done) {
    net::Socket client = co_await listener.accept();
    Seen seen;
    try {
        net::Socket connected = co_await net::connect(client, backend, within);
        const Buffer hello = bytes_of("hello");
        co_await connected.write_all(hello);
    } catch (const net::Error& error) {
        seen.error = error.number();
    }
    done.set_value(std::move(seen));
}

}  // namespace

TEST_CASE("a socket reads what comes, up to the end", "[net]") {
    const Buffer sent = noise(100'000);
    const Seen seen =
        with_loop<Seen>([](net::Listener& listener,
                           std::promise<Seen>& done) { return read_one(listener, 10s, done); },
                        [&](const Endpoint& listening) {
                            Peer peer = Peer::to(listening);
                            peer.send(sent);
                            peer.finish();
                        });
    CHECK(seen.error == 0);
    CHECK(seen.bytes == sent);
}

TEST_CASE("a deadline is for all reads together, however often bytes come", "[net]") {
    const Seen seen =
        with_loop<Seen>([](net::Listener& listener,
                           std::promise<Seen>& done) { return read_one(listener, 100ms, done); },
                        [&](const Endpoint& listening) {
                            Peer peer = Peer::to(listening);
                            const Buffer drop(1);
                            while (peer.send_some(drop) == 1) {
                                pollfd slowly{.fd = peer.fd(), .events = POLLIN, .revents = 0};
                                if (::poll(&slowly, 1, 5) != 0) break;  // closed by the other end
                            }
                        });
    CHECK(seen.error == ETIMEDOUT);
    CHECK(seen.after >= 100ms);
    CHECK_FALSE(seen.bytes.empty());
}

TEST_CASE("a reset is an error and not an end", "[net]") {
    const Seen seen =
        with_loop<Seen>([](net::Listener& listener,
                           std::promise<Seen>& done) { return read_one(listener, 10s, done); },
                        [&](const Endpoint& listening) {
                            Peer peer = Peer::to(listening);
                            peer.send(Buffer(1));
                            peer.reset();
                        });
    CHECK(seen.error == ECONNRESET);
}

TEST_CASE("a reset that a send was told of is not an end for the next read", "[net]") {
    const Seen seen = with_loop<Seen>(send_then_read, [](const Endpoint& listening) {
        Peer peer = Peer::to(listening);
        peer.send(Buffer(1));
        peer.reset();
    });
    CHECK(seen.send_error == ECONNRESET);
    CHECK(seen.error == ECONNRESET);
}

TEST_CASE("a backend that refuses, and one that does not answer, are told apart", "[net]") {
    const ClosedPort closed;
    const DeafBackend deaf;
    const auto dial = [](const Endpoint& backend) {
        return with_loop<Seen>(
            [backend](net::Listener& listener, std::promise<Seen>& done) {
                return dial_for_one(listener, backend, 50ms, done);
            },
            [held = std::make_shared<std::optional<Peer>>()](const Endpoint& listening) {
                held->emplace(Peer::to(listening)).send(Buffer(1));
            });
    };
    CHECK(dial(closed.endpoint()).error == ECONNREFUSED);
    CHECK(dial(deaf.endpoint()).error == ETIMEDOUT);
    CHECK(dial(Endpoint{Endpoint::Kind::unix_path, "/nowhere/at/all.sock", 0}).error == ENOENT);
}

TEST_CASE("a dial is given up when its client resets, not when it has finished sending", "[net]") {
    const DeafBackend deaf;
    const bool reset = GENERATE(true, false);
    CAPTURE(reset);
    std::optional<Peer> client;
    const Seen seen = with_loop<Seen>(
        [&](net::Listener& listener, std::promise<Seen>& done) {
            return dial_for_one(listener, deaf.endpoint(), reset ? 10s : 200ms, done);
        },
        [&](const Endpoint& listening) {
            client.emplace(Peer::to(listening));
            client->send(Buffer(1));
            if (reset) {
                client->reset();
            } else {
                client->finish();
            }
        });
    CHECK(seen.error == (reset ? ECANCELED : ETIMEDOUT));
}

TEST_CASE("a loop that stops lets go of every task that waits", "[net]") {
    const std::size_t before = open_descriptors();
    {
        std::promise<Seen> done;
        net::Loop loop;
        Gate gate(loop);
        loop.spawn(read_one(gate.listener, 1h, done));
        std::thread thread([&] { loop.run(); });
        Peer peer = Peer::to(gate.listener.local());
        peer.send(Buffer(1));
        loop.stop();
        thread.join();
        CHECK(done.get_future().wait_for(0s) == std::future_status::timeout);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("posted work runs in order on the loop's thread", "[net]") {
    LoopThread lab;
    std::promise<std::vector<int>> done;
    std::vector<int> order;
    std::thread::id thread;
    for (int i = 0; i < 3; ++i) {
        lab.loop().post([&, i] {
            order.push_back(i);
            thread = std::this_thread::get_id();
        });
    }
    lab.loop().post([&] { done.set_value(order); });
    CHECK(done.get_future().get() == std::vector<int>{0, 1, 2});
    CHECK(thread != std::this_thread::get_id());
}

TEST_CASE("beyond the quota a client waits until another has gone", "[net]") {
    struct Lab {
        static net::Task<> hold(net::Listener& listener, std::promise<void>& taken) {
            net::Socket client = co_await listener.accept();
            taken.set_value();
            std::byte block[1];
            while (co_await client.read_some(block) > 0) {
            }
        }
    };
    std::promise<void> first_taken, second_taken;
    net::Loop loop;
    Gate gate(loop, 1);
    loop.spawn(Lab::hold(gate.listener, first_taken));
    std::thread thread([&] { loop.run(); });
    Peer first = Peer::to(gate.listener.local());
    first.send(Buffer(1));
    REQUIRE(first_taken.get_future().wait_for(kPatience) == std::future_status::ready);
    loop.post([&] { loop.spawn(Lab::hold(gate.listener, second_taken)); });
    Peer second = Peer::to(gate.listener.local());
    second.send(Buffer(1));
    auto second_is_in = second_taken.get_future();
    CHECK(second_is_in.wait_for(50ms) == std::future_status::timeout);
    CHECK(gate.quota.taken() == 1);
    first.finish();
    CHECK(second_is_in.wait_for(kPatience) == std::future_status::ready);
    loop.stop();
    thread.join();
}

}  // namespace net_socket_test
