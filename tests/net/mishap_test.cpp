// What one callback throws is its own: the loop, its other connections and its listeners go on.
#include <new>

#include <sys/socket.h>

#include "tests/support/catch.h"
#include "tests/support/net_lab.h"
#include "tests/support/tunnel.h"

namespace net_mishap_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

net::Task<> answer(net::Socket client) {
    std::byte byte[1];
    co_await client.read_some(byte);
    const Buffer hello = bytes_of("hello");
    co_await client.write_all(hello);
}

/// What happened to a listener, counted on its loop's thread.
struct Told {
    std::atomic<int> troubles = 0;
    std::atomic<int> last = 0;
};

/// A listener whose every second client finds no memory.
class ForgetfulServer {
  public:
    ForgetfulServer()
        : listener_(loop_, net::bind_listener(loopback(0)), quota_,
                    [this](const Endpoint&, int error) {
                        ++told.troubles;
                        told.last = error;
                    }) {
        loop_.spawn(net::serve_all(loop_, listener_, [this](net::Socket client) {
            if (++served_ % 2 == 1) throw std::bad_alloc();
            return answer(std::move(client));
        }));
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~ForgetfulServer() {
        loop_.stop();
        thread_.join();
    }
    const Endpoint& address() const { return listener_.local(); }
    std::optional<int> trouble() {
        std::promise<std::optional<int>> asked;
        loop_.post([&] { asked.set_value(listener_.trouble()); });
        return asked.get_future().get();
    }
    net::Loop& loop() { return loop_; }

    Told told;

  private:
    net::Loop loop_;
    net::Quota quota_{10};
    net::Listener listener_;
    int served_ = 0;
    std::thread thread_;
};

Buffer ask(const Endpoint& address) {
    Peer client = Peer::to(address);
    client.send(bytes_of("?"));
    return client.read(5);
}

}  // namespace

TEST_CASE("a client for whom there is no memory is closed, and the next one served", "[net]") {
    ForgetfulServer server;
    for (int i = 0; i < 5; ++i) {
        CHECK(ask(server.address()).empty());
        CHECK(ask(server.address()) == bytes_of("hello"));
    }
}

TEST_CASE("what a posted job throws ends neither the loop nor the jobs behind it", "[net]") {
    LoopThread thread;
    std::promise<void> done;
    thread.loop().post([] { throw std::bad_alloc(); });
    thread.loop().post([] { throw 42; });
    thread.loop().post([&done] { done.set_value(); });
    CHECK(done.get_future().wait_for(kPatience) == std::future_status::ready);
}

TEST_CASE("a listener that was shut down from outside is told of once, and accepts again",
          "[net]") {
    ForgetfulServer server;
    // Whoever has a descriptor of the socket may do that: its accept(2) says EINVAL then.
    int listening = -1;
    for (int fd = 3; fd < 4'096 && listening < 0; ++fd) {
        int accepts = 0;
        socklen_t size = sizeof accepts;
        if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts != 0 &&
            net::local_endpoint(fd) == server.address()) {
            listening = fd;
        }
    }
    REQUIRE(listening >= 0);
    ::shutdown(listening, SHUT_RDWR);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (server.told.last == 0 && std::chrono::steady_clock::now() < until) {
    }
    CHECK(server.told.troubles == 1);
    CHECK(server.told.last == EINVAL);
    while (server.trouble() && std::chrono::steady_clock::now() < until) {
    }
    CHECK(server.trouble() == std::nullopt);
    ask(server.address());
    CHECK(ask(server.address()) == bytes_of("hello"));
    CHECK(server.told.troubles == 1);
}

TEST_CASE("listeners on one socket take clients in turns, also when they come one at a time",
          "[net]") {
    struct Thread {
        explicit Thread(net::Descriptor bound) : listener(loop, std::move(bound), quota) {
            loop.spawn(net::serve_all(loop, listener, [this](net::Socket client) {
                ++served;
                return answer(std::move(client));
            }));
            thread = std::thread([this] { loop.run(); });
        }
        ~Thread() {
            loop.stop();
            thread.join();
        }
        net::Loop loop;
        net::Quota quota{100};
        net::Listener listener;
        std::atomic<int> served = 0;
        std::thread thread;
    };
    auto sockets = net::bind_listeners(loopback(0), 2);
    Thread one(std::move(sockets[0]));
    Thread two(std::move(sockets[1]));
    // A busy machine may keep one of the threads waiting for a while.
    int asked = 0;
    for (; asked < 10'000 && (one.served < 20 || two.served < 20); ++asked) {
        REQUIRE(ask(one.listener.local()) == bytes_of("hello"));
    }
    CHECK(one.served + two.served == asked);
    CHECK(one.served >= 20);
    CHECK(two.served >= 20);
}

}  // namespace net_mishap_test
