// Bulk goes through pipes: the same bytes, ends and resets, and nothing left behind.
#include <array>
#include <cerrno>
#include <future>
#include <thread>

#include <sys/resource.h>

#include "tests/support/tunnel.h"

namespace net_splice_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using net::Ending;

namespace {

constexpr std::size_t kBulk = 70'000'000;

Buffer first(const Buffer& bytes, std::size_t count) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Bytes are with the reader a moment before the pipe they came through is back.
bool all_given_back(const net::PipePool& pipes) {
    const auto deadline = net::Clock::now() + kPatience;
    while (pipes.taken() > 0 && net::Clock::now() < deadline) {
        ::poll(nullptr, 0, 5);
    }
    return pipes.taken() == 0;
}

}  // namespace

TEST_CASE("bulk is equal both ways at once, with pipes, with too few and with none", "[net]") {
    const std::size_t pipes = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{4});
    CAPTURE(pipes);
    Tunnel tunnel(1h, "first", 0, pipes);
    const Buffer up = noise(kBulk, 1);
    const Buffer down = noise(kBulk + 1, 2);
    const Exchanged exchanged = exchange(tunnel, up, down);
    CHECK((exchanged.at_backend == up));
    CHECK((exchanged.at_client == down));
    CHECK(tunnel.result().a == Ending::finished);
    CHECK((tunnel.pipes().made() > 0) == (pipes > 0));
    CHECK(tunnel.pipes().made() <= pipes);
    CHECK(tunnel.pipes().taken() == 0);
}

TEST_CASE("a stream that goes between bulk and single bytes arrives in order", "[net]") {
    Tunnel tunnel;
    Buffer sent;
    auto arrived = std::async(std::launch::async, [&] { return tunnel.backend().read_all(); });
    for (std::size_t i = 1; i <= 8; ++i) {
        const Buffer bulk = noise(1'500'000 + i, i);
        tunnel.client().send(bulk);
        sent = sent + bulk;
        for (std::size_t k = 0; k < 100; ++k) {
            const Buffer little = noise(1 + k % 3, i * 1'000 + k);
            tunnel.client().send(little);
            sent = sent + little;
        }
    }
    tunnel.client().finish();
    CHECK((arrived.get() == sent));
    CHECK(all_given_back(tunnel.pipes()));
}

TEST_CASE("an idle connection holds no pipe, also right after bulk", "[net]") {
    Tunnel tunnel;
    const Buffer bulk = noise(20'000'000);
    auto arrived =
        std::async(std::launch::async, [&] { return tunnel.backend().read(bulk.size()); });
    tunnel.client().send(bulk);
    REQUIRE((arrived.get() == bulk));
    CHECK(tunnel.pipes().made() > 0);
    CHECK(all_given_back(tunnel.pipes()));
}

TEST_CASE("an end in the middle of bulk is passed on behind the last byte", "[net]") {
    Tunnel tunnel;
    const Buffer bulk = noise(30'000'000);
    // All that fits is under way and a pipe is full when the end comes.
    const std::size_t sent = fill(tunnel.client(), bulk);
    tunnel.client().finish();
    tunnel.backend().send(bytes_of("meanwhile"));
    CHECK(tunnel.client().read(9) == bytes_of("meanwhile"));
    End end{};
    CHECK((tunnel.backend().read_all(end) == first(bulk, sent)));
    CHECK(end == End::finished);
    tunnel.backend().send(bytes_of("answer"));
    tunnel.backend().finish();
    CHECK(tunnel.client().read_all(end) == bytes_of("answer"));
    CHECK(end == End::finished);
    CHECK(tunnel.result().b == Ending::finished);
    CHECK(tunnel.pipes().taken() == 0);
}

TEST_CASE("a reset behind bulk that is stuck is passed on, and a pipe's bytes reach nobody else",
          "[net]") {
    const bool by_sender = GENERATE(true, false);
    CAPTURE(by_sender);
    const std::size_t before = open_descriptors();
    for (int tries = 0; tries < 2; ++tries) {
        Tunnel tunnel;
        fill(tunnel.client(), Buffer(30'000'000));
        // What fills up last is mostly copied, since it is little.
        const bool piped = tunnel.pipes().taken() == 1;
        Peer& one = by_sender ? tunnel.client() : tunnel.backend();
        Peer& other = by_sender ? tunnel.backend() : tunnel.client();
        one.reset();
        CHECK(other.end() == End::reset);
        const net::RelayResult result = tunnel.result();
        CHECK((by_sender ? result.a : result.b) == Ending::reset);
        CHECK(tunnel.pipes().taken() == 0);
        if (piped) CHECK(tunnel.pipes().made() == 0);  // not empty, so not used again
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a receiver that stays stuck gives its pipe to others, and loses no byte", "[net]") {
    Tunnel tunnel;
    const Buffer bulk = noise(30'000'000);
    const std::size_t sent = fill(tunnel.client(), bulk);
    REQUIRE(tunnel.pipes().made() == 1);
    CHECK(all_given_back(tunnel.pipes()));
    CHECK(tunnel.pipes().made() == 1);
    tunnel.client().finish();
    CHECK((tunnel.backend().read_all() == first(bulk, sent)));
}

TEST_CASE("a client with a small window gets bulk whole", "[net]") {
    Tunnel tunnel(1h, "first", 4'096);
    const Buffer bulk = noise(5'000'000);
    std::thread answerer([&] {
        tunnel.backend().send(bulk);
        tunnel.backend().finish();
    });
    CHECK((tunnel.client().read_all() == bulk));
    answerer.join();
}

TEST_CASE("an urgent byte does not stall bulk behind it", "[net]") {
    Tunnel tunnel;
    const Buffer bulk = noise(8'000'000);
    auto arrived = std::async(std::launch::async, [&] { return tunnel.backend().read_all(); });
    tunnel.client().send(bulk);
    REQUIRE(::send(tunnel.client().fd(), "!", 1, MSG_OOB) == 1);
    tunnel.client().send(bulk);
    tunnel.client().finish();
    CHECK((arrived.get() == bulk + bulk));  // urgent bytes are not of the stream
}

TEST_CASE("a pool makes pipes when they are asked for, and no more than it may", "[net]") {
    const std::size_t before = open_descriptors();
    net::PipePool pool(2);
    CHECK(open_descriptors() == before);
    net::PipePtr one = pool.take();
    net::PipePtr two = pool.take();
    REQUIRE(one);
    REQUIRE(two);
    CHECK(pool.take() == nullptr);
    net::Pipe* const known = one.get();
    one.reset();
    CHECK(pool.take().get() == known);
    two->held = 1;
    two.reset();
    CHECK(pool.made() == 1);
    CHECK(pool.taken() == 0);
}

TEST_CASE("a pool without descriptors gives nothing, and asks again later", "[net]") {
    net::PipePool pool(2);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none{.rlim_cur = 3, .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    const bool refused = pool.take() == nullptr;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    CHECK(refused);
    CHECK(pool.made() == 0);
    int asked = 0;
    while (!pool.take() && asked < 10'000) {
        ++asked;
    }
    CHECK(asked > 100);
    CHECK(asked < 10'000);
}

TEST_CASE("a reset that a splice was told of is one for whoever reads behind it", "[net]") {
    Door door;
    net::Descriptor ours(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const net::Address address(door.endpoint());
    ::connect(ours.fd(), address.get(), address.size());
    const int fd = ours.fd();
    net::PipePool pool(1);
    net::Loop loop(&pool);
    const net::StreamPtr stream(new net::Stream(loop, std::move(ours), net::Slot()));
    Peer peer = door.accept();
    peer.reset();
    pollfd told{.fd = fd, .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&told, 1, 10'000) == 1);
    const net::PipePtr pipe = pool.take();
    REQUIRE(pipe);
    CHECK(stream->receive_into(*pipe, 1'000) == -1);
    CHECK(stream->failed());
    std::array<std::byte, 10> buffer{};
    CHECK(stream->receive(buffer) == -1);
    CHECK(errno == ECONNRESET);
}

}  // namespace net_splice_test
