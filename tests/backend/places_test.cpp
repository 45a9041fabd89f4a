// Who has a place, by sessions that only say what they are asked.
#include "lab/backend/places.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "tests/support/catch.h"

namespace backend_places_test {

namespace {

using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

struct FakeSession {
    Time due;
    bool is_idle = false;
    bool is_busy = false;
    std::size_t hello = 0;

    Time deadline() const { return due; }
    bool idle() const { return is_idle; }
    bool busy() const { return is_busy; }
    std::size_t waiting_hello() const { return hello; }
};

struct Place : sni::backend::Seat<FakeSession, Place> {};
using Places = sni::backend::Places<Place>;
using enum Places::Parked;

Time at(int second) {
    return Time() + seconds(second);
}

Place& seated(Places& places, FakeSession session) {
    return places.seat(std::make_unique<FakeSession>(session));
}

Place& parked(Places& places, FakeSession session) {
    Place& place = seated(places, session);
    REQUIRE(places.park(place) == waits);
    return place;
}

std::vector<Place*> waiting(Places& places, bool busy_too) {
    std::vector<Place*> found;
    std::size_t from = 0;
    while (Place* const next = places.next_waiting(from, busy_too)) {
        found.push_back(next);
    }
    return found;
}

void gone(Places& places, Place& place) {
    places.leave(place);
    places.give_back(place);
}

}  // namespace

TEST_CASE("who calls while a place is taken is heard when it is parked", "[backend]") {
    Places places(10, 100);
    Place& place = seated(places, {.due = at(5)});
    CHECK_FALSE(places.take(place));
    CHECK(places.park(place) == called);
    CHECK(places.park(place) == waits);
    CHECK(places.take(place));
    gone(places, place);
    CHECK_FALSE(places.take(place));
    // Nothing of it is left for who sits there next.
    Place& next = seated(places, {.due = at(5)});
    CHECK(&next == &place);
    CHECK(places.park(next) == waits);
}

TEST_CASE("a deadline is due when it has come, wherever it moved meanwhile", "[backend]") {
    Places places(10, 100);
    CHECK(places.soonest() == Time::max());
    Place& moved = parked(places, {.due = at(5)});
    Place& near = parked(places, {.due = at(7)});
    CHECK(places.soonest() == at(5));

    moved.session->due = at(20);
    CHECK(places.due(at(6)) == nullptr);
    CHECK(places.soonest() == at(7));
    REQUIRE(places.take(moved));
    moved.session->due = at(3);
    CHECK(places.park(moved) == waits);
    CHECK(places.soonest() == at(3));
    CHECK(places.due(at(3)) == &moved);
    CHECK(moved.taken);
    CHECK(places.due(at(3)) == nullptr);

    REQUIRE(places.take(near));
    CHECK(places.due(at(100)) == nullptr);  // somebody works on it
    near.session->due = at(50);
    CHECK(places.park(near) == waits);
    CHECK(places.due(at(49)) == nullptr);
    CHECK(places.due(at(50)) == &near);
    gone(places, near);
    CHECK(places.soonest() == Time::max());
}

TEST_CASE("the session that was idle longest makes room", "[backend]") {
    Places places(3, 100);
    parked(places, {.due = at(1)});
    Place& late = parked(places, {.due = at(9), .is_idle = true});
    CHECK_FALSE(places.full());
    Place& early = parked(places, {.due = at(4), .is_idle = true});
    CHECK(places.full());
    CHECK(places.idle_longest() == &early);
    gone(places, early);
    CHECK_FALSE(places.full());
    CHECK(places.idle_longest() == &late);
    CHECK(places.idle_longest() == nullptr);
}

TEST_CASE("hellos that wait are counted until their session has gone", "[backend]") {
    Places places(10, 100);
    Place& small = parked(places, {.due = at(6), .hello = 40});
    Place& old = parked(places, {.due = at(5), .hello = 60});
    CHECK(places.hello_bytes() == 100);
    Place& more = seated(places, {.due = at(7), .hello = 1});
    CHECK(places.park(more) == crowds);
    CHECK(places.crowded_hello() == &old);
    CHECK(places.crowded_hello() == nullptr);
    CHECK(places.hello_bytes() == 41);
    gone(places, old);
    CHECK(places.hello_bytes() == 41);
    REQUIRE(places.take(small));
    small.session->hello = 0;
    CHECK(places.park(small) == waits);
    CHECK(places.hello_bytes() == 1);
}

TEST_CASE("a pause ends with the first session that goes", "[backend]") {
    Places places(10, 100);
    places.pause();
    CHECK(places.accepting());  // nobody is there to end it
    Place& one = parked(places, {.due = at(5)});
    Place& two = parked(places, {.due = at(5)});
    places.pause();
    CHECK_FALSE(places.accepting());
    places.leave(one);
    CHECK_FALSE(places.accepting());
    CHECK(places.give_back(one));
    CHECK(places.accepting());
    places.pause();
    places.stop();
    places.leave(two);
    CHECK_FALSE(places.give_back(two));
    CHECK(places.sessions() == 0);
}

TEST_CASE("a pause may end before a session goes, but where there is no room", "[backend]") {
    Places places(2, 100);
    places.pause_until(at(3));
    CHECK(places.accepting());  // and yet somebody should try again
    CHECK(places.soonest() == at(3));
    CHECK(places.tries_again(at(3)));
    CHECK_FALSE(places.tries_again(at(3)));

    parked(places, {.due = at(5)});
    places.pause_until(at(4));
    places.pause_until(at(9));
    CHECK_FALSE(places.accepting());
    CHECK(places.soonest() == at(4));
    CHECK_FALSE(places.tries_again(at(3)));
    CHECK(places.tries_again(at(4)));
    CHECK(places.accepting());
    CHECK(places.soonest() == at(5));

    parked(places, {.due = at(6)});
    places.pause_until(at(4));
    CHECK(places.tries_again(at(4)));
    CHECK_FALSE(places.accepting());
}

TEST_CASE("at a stop requests go on, and after a cut nobody does", "[backend]") {
    Places places(10, 100);
    Place& busy = parked(places, {.due = at(5), .is_busy = true});
    Place& idle = parked(places, {.due = at(5), .is_idle = true});
    Place& taken = seated(places, {.due = at(5), .is_busy = true});
    Place& done = seated(places, {.due = at(5)});
    places.stop();
    CHECK(waiting(places, false) == std::vector{&idle});
    CHECK(places.park(taken) == waits);
    CHECK(places.park(done) == ends);
    CHECK(done.taken);
    REQUIRE(places.take(taken));
    places.cut();
    CHECK(places.park(taken) == ends);
    CHECK(waiting(places, true) == std::vector{&busy});
}

TEST_CASE("memory is given back once behind each crowd", "[backend]") {
    Places places(1'000, 100);
    std::vector<Place*> crowd;
    for (int i = 0; i < 200; ++i) {
        crowd.push_back(&parked(places, {.due = at(5)}));
    }
    CHECK_FALSE(places.crowd_has_gone());
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(places.crowd_has_gone());
        gone(places, *crowd[static_cast<std::size_t>(i)]);
    }
    CHECK(places.crowd_has_gone());
    CHECK_FALSE(places.crowd_has_gone());
}

}  // namespace backend_places_test
