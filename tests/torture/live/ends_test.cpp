#include "lab/torture/live/ends.h"

#include "lab/net/dial.h"
#include "lab/net/wait.h"
#include "lab/torture/arrival.h"
#include "tests/support/catch.h"

namespace torture_live_ends_test {

using namespace sni;
using torture::Arrived;
using torture::Buffer;
using torture::Ends;
using torture::Mark;

namespace {

const net::Wakeup kNever;
constexpr std::chrono::seconds kLong{20};

/// Bytes that are nobody else's.
Buffer hello_of(unsigned char who, std::size_t size = 100) {
    return Buffer(size, std::byte{who});
}

/// Sends `bytes` to an end; the connection stays until this goes.
net::PlainStream visit(const Endpoint& end, const Buffer& bytes) {
    auto stream = net::dial(end, net::Clock::now() + kLong);
    REQUIRE(stream);
    std::size_t taken = 0;
    REQUIRE(stream->write(as_text(bytes), taken) == net::Io::done);
    REQUIRE(taken == bytes.size());
    // It greets when it has some of them.
    REQUIRE(net::wait_for({{stream->fd(), net::Io::want_read}}, net::Clock::now() + kLong));
    return std::move(*stream);
}

std::optional<Arrived> arrived(Ends& ends, const Buffer& sent, const Mark& since) {
    const auto said = ends.arrived(sent, since, kLong, kNever);
    REQUIRE(said);
    return *said;
}

Mark mark_of(Ends& ends) {
    return ends.mark(kNever).value();
}

}  // namespace

TEST_CASE("an end states how much it got, and whether that is what was sent", "[torture]") {
    Ends ends(loopback(0), loopback(0));
    const Mark mark = mark_of(ends);
    Buffer sent = hello_of(1, 6'000);
    visit(ends.target(), sent);
    const std::optional<Arrived> whole = arrived(ends, sent, mark);
    CHECK(whole == Arrived{.target = true, .ended = true, .bytes = 6'000, .same = true});
    sent[5'000] = std::byte{2};
    CHECK(arrived(ends, sent, mark)->same == false);
    sent = hello_of(1, 5'999);  // more came
    CHECK(arrived(ends, sent, mark)->same == false);
    sent = hello_of(1, 7'000);  // a part came
    CHECK(arrived(ends, sent, mark) ==
          Arrived{.target = true, .ended = true, .bytes = 6'000, .same = true});
    CHECK_FALSE(ends.arrived(hello_of(9), mark, std::chrono::milliseconds(0), kNever).value());
}

TEST_CASE("of visits with the same bytes the one behind the mark counts", "[torture]") {
    Ends ends(loopback(0), loopback(0));
    const Buffer sent = hello_of(1);
    const Mark first = mark_of(ends);
    visit(ends.target(), sent);
    REQUIRE(arrived(ends, sent, first));
    const Mark second = mark_of(ends);
    CHECK(second.visits == first.visits + 1);
    CHECK_FALSE(ends.arrived(sent, second, std::chrono::milliseconds(0), kNever).value());
    visit(ends.decoy(), sent);
    CHECK(arrived(ends, sent, second)->target == false);
    CHECK(arrived(ends, sent, first)->target == true);
}

TEST_CASE("the oldest finished visits are forgotten one by one, and that is said", "[torture]") {
    Ends ends(loopback(0), loopback(0), 3);
    const Mark start = mark_of(ends);
    const net::PlainStream open = visit(ends.target(), hello_of(1));
    for (unsigned char who = 2; who <= 4; ++who) {
        visit(ends.decoy(), hello_of(who));
        REQUIRE(arrived(ends, hello_of(who), start)->ended);
    }
    // The first is still open; of the others the second is the oldest.
    CHECK(ends.arrived(hello_of(1), start, std::chrono::milliseconds(0), kNever).value());
    CHECK(arrived(ends, hello_of(3), start));
    CHECK(arrived(ends, hello_of(4), start));
    const auto gone = ends.arrived(hello_of(2), start, std::chrono::milliseconds(0), kNever);
    REQUIRE_FALSE(gone);
    CHECK(gone.error() == "the ends remember all visits behind number 2, and this began behind 0");
    const Mark later{.run = start.run, .visits = 2};
    CHECK_FALSE(ends.arrived(hello_of(2), later, std::chrono::milliseconds(0), kNever).value());
    CHECK(ends.state({}).visits == 4);
    CHECK(ends.state({}).complete_after == 2);
}

TEST_CASE("the target may be down for a while, and late", "[torture]") {
    Ends ends(loopback(0), loopback(0));
    const Endpoint target = ends.target();
    REQUIRE(ends.arrange({.target_down = true}));
    CHECK_FALSE(net::dial(target, net::Clock::now() + kLong));
    CHECK(net::dial(ends.decoy(), net::Clock::now() + kLong));
    CHECK(ends.target() == target);
    const auto began = net::Clock::now();
    REQUIRE(ends.arrange({.target_late = std::chrono::milliseconds(100)}));
    const Mark mark = mark_of(ends);
    visit(target, hello_of(1));
    CHECK(net::Clock::now() - began >= std::chrono::milliseconds(100));
    CHECK(arrived(ends, hello_of(1), mark));
    REQUIRE(ends.arrange({}));
    visit(target, hello_of(2));
    CHECK(arrived(ends, hello_of(2), mark)->target);
}

TEST_CASE("ends that count anew do not speak for those before them", "[torture]") {
    Ends before(loopback(0), loopback(0));
    Ends ends(loopback(0), loopback(0));
    const auto said =
        ends.arrived(hello_of(1), mark_of(before), std::chrono::milliseconds(0), kNever);
    REQUIRE_FALSE(said);
    CHECK(said.error() == "the ends were started again meanwhile");
}

}  // namespace torture_live_ends_test
