// Connections and waits of threads that have no loop.
#include <cerrno>
#include <future>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/net/accept.h"
#include "lab/net/bind.h"
#include "lab/net/dial.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace net_wait_test {

using namespace sni;
using namespace std::chrono_literals;
using net::Clock;
using net::Io;

namespace {

/// Two ends of one connection.
struct Connected {
    net::Descriptor listener = net::bind_listener(loopback(0));
    net::PlainStream ours = net::dial(net::bound_to(listener), Clock::now() + 20s).value();
    test::Peer theirs{net::accept_now(listener).socket};
};

std::string text_of(Io io, const char* bytes, std::size_t count) {
    return io == Io::done ? std::string(bytes, count) : "";
}

}  // namespace

TEST_CASE("a plain stream says what it waits for, and how it ended", "[net]") {
    Connected pair;
    char bytes[8] = "";
    std::size_t count = 0;
    CHECK(pair.ours.read(bytes, count) == Io::want_read);
    CHECK_FALSE(net::wait_for({{pair.ours.fd()}}, Clock::now()));
    REQUIRE(::send(pair.theirs.fd(), "hello", 5, MSG_NOSIGNAL) == 5);
    REQUIRE(net::wait_for({{pair.ours.fd()}}, Clock::now() + 20s));
    Io io = pair.ours.peek(bytes, count);
    CHECK(text_of(io, bytes, count) == "hello");
    io = pair.ours.read(bytes, count);
    CHECK(text_of(io, bytes, count) == "hello");
    SECTION("in order") {
        ::shutdown(pair.theirs.fd(), SHUT_WR);
        REQUIRE(net::wait_for({{pair.ours.fd()}}, Clock::now() + 20s));
        CHECK(pair.ours.read(bytes, count) == Io::ended);
        CHECK(pair.ours.write("after their end", count) == Io::done);
        CHECK(count == 15);
    }
    SECTION("or not") {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(pair.theirs.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        pair.theirs = test::Peer::to(net::bound_to(pair.listener));
        REQUIRE(net::wait_for({{pair.ours.fd()}}, Clock::now() + 20s));
        CHECK(pair.ours.read(bytes, count) == Io::failed);
        CHECK(errno == ECONNRESET);
    }
    SECTION("or by what is written, which takes no more than there is room for") {
        const std::string much(1u << 20, 'x');
        while (pair.ours.write(much, count) == Io::done) {
        }
        CHECK(pair.ours.write(much, count) == Io::want_write);
    }
}

TEST_CASE("a thread that waits for ever hears that it is to stop", "[net]") {
    const Connected pair;
    const net::Wakeup stop;
    auto waiting = std::async(
        std::launch::async, [&] { return net::wait_for({{pair.ours.fd()}}, net::kNever, &stop); });
    stop.call();
    CHECK_FALSE(waiting.get());
    // Also where there is something to read, as well.
    REQUIRE(::send(pair.theirs.fd(), "x", 1, MSG_NOSIGNAL) == 1);
    CHECK_FALSE(net::wait_for({{pair.ours.fd()}}, net::kNever, &stop));
    stop.clear();
    CHECK(net::wait_for({{pair.ours.fd()}}, net::kNever, &stop));
}

TEST_CASE("a reader that has left is noticed without a write, be it of a pipe or of a socket",
          "[net]") {
    int ends[2];
    const int made = GENERATE(0, 1) == 0
                         ? ::pipe2(ends, O_CLOEXEC)
                         : ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    REQUIRE(made == 0);
    net::Descriptor reader(ends[0]);
    const net::Descriptor writer(ends[1]);
    CHECK_FALSE(net::reader_left(writer.fd()));
    reader.reset();
    CHECK(net::reader_left(writer.fd()));
}

TEST_CASE("for what is over there is nothing to wait for", "[net]") {
    const Connected pair;
    CHECK_FALSE(net::wait_for({{pair.ours.fd(), Io::ended}}, net::kNever));
    CHECK_FALSE(net::wait_for({{pair.ours.fd(), Io::failed}}, net::kNever));
}

TEST_CASE("a dial is refused, late or given up, and says which", "[net]") {
    const auto dial_fails = [](const Endpoint& to, Clock::time_point deadline,
                               const net::Wakeup* stop) {
        const auto dialled = net::dial(to, deadline, stop);
        return dialled ? 0 : dialled.error();
    };
    const Endpoint nobody = net::bound_to(net::bind_listener(loopback(0)));
    CHECK(dial_fails(nobody, Clock::now() + 20s, nullptr) == ECONNREFUSED);

    // A queue of one that is full: the kernel drops what comes on top.
    const net::Descriptor full = net::bind_listener(loopback(0));
    REQUIRE(::listen(full.fd(), 0) == 0);
    const auto first = net::start_dial(net::bound_to(full));
    REQUIRE(net::wait_for({{first->fd(), Io::want_write}}, Clock::now() + 20s));
    CHECK(dial_fails(net::bound_to(full), Clock::now() + 50ms, nullptr) == ETIMEDOUT);
    const net::Wakeup stop;
    stop.call();
    CHECK(dial_fails(net::bound_to(full), net::kNever, &stop) == ECANCELED);
}

}  // namespace net_wait_test
