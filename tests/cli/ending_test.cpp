// How commands that serve end.
#include "cli/ending.h"

#include <atomic>
#include <future>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace cli_ending_test {

using namespace sni;
using cli::Signals;
using namespace std::chrono_literals;

namespace {

/// From the thread that waits, so that each comes in its turn.
void send(int signal) {
    ::kill(::getpid(), signal);
}

}  // namespace

TEST_CASE("a lame duck of no time is none", "[cli]") {
    Signals signals;
    std::ostringstream err;
    CHECK(cli::be_lame_duck(0ms, signals, [](Signals::Event) {}, err));
    CHECK(err.str().empty());
}

TEST_CASE("a lame duck reloads and opens its logs anew until its time is over", "[cli]") {
    Signals signals;
    std::ostringstream err;
    std::vector<Signals::Event> seen;
    const auto act = [&](Signals::Event event) {
        seen.push_back(event);
        if (seen.size() == 1) send(SIGUSR1);
    };
    send(SIGHUP);
    CHECK(cli::be_lame_duck(200ms, signals, act, err));
    CHECK(seen == std::vector{Signals::Event::reload, Signals::Event::reopen});
    CHECK(err.str() == "draining: clients are still served for 200ms\n");
}

TEST_CASE("a lame duck that is told to stop again stops, long before its time", "[cli]") {
    Signals signals;
    std::ostringstream err;
    send(SIGTERM);
    CHECK_FALSE(cli::be_lame_duck(1h, signals, [](Signals::Event) {}, err));
}

TEST_CASE("the signal of another program's upgrade is nothing to a command that serves", "[cli]") {
    Signals signals;
    send(SIGUSR2);
    CHECK_FALSE(signals.wait_for(1ms).has_value());
    send(SIGUSR2);
    send(SIGTERM);
    CHECK(signals.wait() == Signals::Event::stop);
}

TEST_CASE("whoever waits for something else hears of a stop, which is taken afterwards", "[cli]") {
    const auto hangup = GENERATE(Signals::Hangup::reloads, Signals::Hangup::stops);
    const bool ends = hangup == Signals::Hangup::stops && Signals::hangup_ends();
    Signals signals(hangup);
    CHECK_FALSE(signals.stop_waits());
    send(SIGHUP);
    CHECK(signals.stop_waits() == ends);
    CHECK(signals.wait() == (ends ? Signals::Event::stop : Signals::Event::reload));
    send(SIGUSR1);
    CHECK_FALSE(signals.stop_waits());
    send(SIGTERM);
    CHECK(signals.stop_waits());
    CHECK(signals.wait() == Signals::Event::reopen);  // the one with the smaller number
    CHECK(signals.stop_waits());
    CHECK(signals.wait() == Signals::Event::stop);
    CHECK_FALSE(signals.stop_waits());
}

TEST_CASE("a drain ends when all is finished, or is cut when it is told to stop again", "[cli]") {
    Signals signals;
    SECTION("finished") {
        bool finished = false;
        cli::Drain().run(
            signals, [&] { finished = true; }, [] { FAIL("nobody asked for that"); }, [] {});
        CHECK(finished);
    }
    SECTION("cut") {
        std::promise<void> cut;
        send(SIGINT);
        cli::Drain().run(
            signals, [done = cut.get_future().share()] { done.wait(); }, [&] { cut.set_value(); },
            [] {});
        SUCCEED();
    }
}

TEST_CASE("a drain opens its logs anew, and goes on", "[cli]") {
    Signals signals;
    std::promise<void> both;
    std::size_t reopened = 0;
    send(SIGUSR1);
    send(SIGHUP);
    cli::Drain().run(
        signals, [done = both.get_future().share()] { done.wait(); },
        [] { FAIL("nobody asked for that"); },
        [&] {
            if (++reopened == 2) both.set_value();
        });
    CHECK(reopened == 2);
}

TEST_CASE("the end of the terminal stops who asks for it, but not where it is ignored", "[cli]") {
    const bool ignored = GENERATE(true, false);
    struct sigaction before{};
    REQUIRE(::sigaction(SIGHUP, nullptr, &before) == 0);
    struct sigaction now = before;
    now.sa_handler = ignored ? SIG_IGN : SIG_DFL;
    {
        Signals signals(Signals::Hangup::stops);
        REQUIRE(::sigaction(SIGHUP, &now, nullptr) == 0);
        send(SIGHUP);
        CHECK(signals.wait_for(20s) == (ignored ? Signals::Event::reload : Signals::Event::stop));
        CHECK(Signals::stopped_by() == (ignored ? 0 : SIGHUP));
        Signals serving;
        send(SIGHUP);
        CHECK(serving.wait_for(20s) == Signals::Event::reload);
    }
    REQUIRE(::sigaction(SIGHUP, &before, nullptr) == 0);
}

TEST_CASE("what finishing throws comes out of the drain", "[cli]") {
    Signals signals;
    CHECK_THROWS_AS(cli::Drain().run(
                        signals, [] { throw std::runtime_error("no memory"); }, [] {}, [] {}),
                    std::runtime_error);
}

}  // namespace cli_ending_test
