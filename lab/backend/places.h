// Who has a place at the backend, whom the clock looks at next, and who has to go for others: the
// decisions, and nothing more. No thread, no lock, no descriptor: the poller asks under its mutex,
// and the simulator (tests/sim/backend) the very same without one. For .cpp files only.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace sni::backend {

/// What a place knows of the session in it. A kind of places derives from it.
/// `OneSession` has deadline(), idle(), busy() and waiting_hello(), as backend::Session.
template <class OneSession, class Place>
struct Seat {
    using Session = OneSession;
    using Clock = std::chrono::steady_clock;
    using Looks = std::set<std::pair<Clock::time_point, Place*>>;

    std::unique_ptr<Session> session;
    bool taken = false;           ///< somebody works on it, or closes it
    bool missed = false;          ///< and it was called meanwhile
    bool writing = false;         ///< it is watched for being writable, too
    std::size_t hello_bytes = 0;  ///< counted for all
    /// When the clock looks at it, not later than its deadline; max: it does not.
    Clock::time_point look = Clock::time_point::max();
    Looks::node_type node;  ///< for the looks, while it is not in there: to wait takes no memory

  private:
    Seat() = default;
    friend Place;
};

/// Places are kept and used again: a call that comes late finds nobody, or somebody else, who looks
/// for bytes in vain. Whoever has taken a place is alone with its session. Only seat() takes
/// memory: to find out who has to go must not fail for want of it.
template <class Place>
class Places {
  public:
    using Session = Place::Session;
    using Clock = Place::Clock;

    /// At so many sessions it is full; hellos that wait may have so many bytes together.
    Places(std::size_t most_sessions, std::size_t most_hello_bytes)
        : most_sessions_(most_sessions), most_hello_bytes_(most_hello_bytes) {}

    /// The session gets a place, which the caller has taken; one that is made is made of `of`.
    /// Throws where there is no memory for one more, and then nothing changes.
    template <class... Of>
    Place& seat(std::unique_ptr<Session>&& session, Of&... of) {
        Place& place = free_place(of...);
        place.session = std::move(session);
        place.taken = true;
        place.missed = place.writing = false;
        ++sessions_;
        peak_ = std::max(peak_, sessions_);
        return place;
    }

    /// Something happened at its session. False: nobody is there, or who has taken it is told.
    bool take(Place& place) {
        if (!place.session) return false;
        if (place.taken) {
            place.missed = true;
            return false;
        }
        place.taken = true;
        return true;
    }

    enum class Parked {
        waits,
        crowds,  ///< it waits, and hellos take too much: crowded_hello() says who has to go
        called,  ///< it was called meanwhile: there is more to do at once
        ends,    ///< nobody waits any more: it is to be closed
    };
    /// What becomes of a session that waits for its client; the caller had taken it.
    Parked park(Place& place) {
        if (std::exchange(place.missed, false)) return Parked::called;
        if (stopping_ && (cutting_ || !place.session->busy())) return Parked::ends;
        place.taken = false;
        look_at(place, place.session->deadline());
        count_hello(place);
        return hello_bytes_ > most_hello_bytes_ ? Parked::crowds : Parked::waits;
    }

    /// The session that was idle longest, taken; nullptr: none is.
    Place* idle_longest() {
        return oldest([](const Place& place) { return place.session->idle(); });
    }
    /// Where hellos that wait take too much, the one that began first, taken and no longer counted;
    /// nullptr: they do not.
    Place* crowded_hello() {
        if (hello_bytes_ <= most_hello_bytes_) return nullptr;
        Place* const found = oldest([](const Place& place) { return place.hello_bytes > 0; });
        if (found) hello_bytes_ -= std::exchange(found->hello_bytes, 0);
        return found;
    }
    /// One whose deadline has come, taken; nullptr: there is none left.
    Place* due(Clock::time_point now) {
        while (!looks_.empty() && looks_.begin()->first <= now) {
            Place& place = *looks_.begin()->second;
            place.node = looks_.extract(looks_.begin());
            place.look = Clock::time_point::max();
            if (place.taken) continue;  // who parks it has it looked at again
            if (place.session->deadline() <= now) {
                place.taken = true;
                return &place;
            }
            // A deadline that moves away leaves its look where it was.
            look_at(place, place.session->deadline());
        }
        return nullptr;
    }
    /// When due() finds somebody, or a pause ends, at the earliest; max: never.
    Clock::time_point soonest() const {
        return looks_.empty() ? tries_ : std::min(tries_, looks_.begin()->first);
    }
    /// One that nobody has taken, taken; one that is at a request only with `busy_too`. `from`, 0
    /// at first, says where the next call goes on. nullptr: there is none left. Whoever was passed
    /// over is park()'s to end.
    Place* next_waiting(std::size_t& from, bool busy_too) noexcept {
        while (from < places_.size()) {
            Place& place = places_[from++];
            if (!place.session || place.taken) continue;
            if (!busy_too && place.session->busy()) continue;
            place.taken = true;
            return &place;
        }
        return nullptr;
    }

    /// The session of a place that the caller has taken. It may take its time to end; then
    /// give_back() says that the place is free.
    std::unique_ptr<Session> leave(Place& place) {
        if (place.look != Clock::time_point::max())
            place.node = looks_.extract({place.look, &place});
        place.look = Clock::time_point::max();
        std::unique_ptr<Session> leaving = std::move(place.session);
        count_hello(place);
        return leaving;
    }
    /// True: clients are accepted from now on, and were not before.
    bool give_back(Place& place) {
        free_.push_back(&place);
        --sessions_;
        return !std::exchange(accepting_, true) && !stopping_;
    }

    /// Until a session ends, nobody is accepted.
    void pause() {
        if (sessions_ > 0) accepting_ = false;  // else nobody would ever end the pause
    }
    /// The same, but not for longer than until then: what is short may come back from elsewhere.
    void pause_until(Clock::time_point then) {
        pause();
        tries_ = std::min(tries_, then);
    }
    /// True once that moment has come: somebody should try to accept.
    bool tries_again(Clock::time_point now) {
        if (tries_ > now) return false;
        tries_ = Clock::time_point::max();
        if (!full()) accepting_ = true;
        return true;
    }
    /// From now on only requests go on.
    void stop() { stopping_ = true; }
    /// Nor do they.
    void cut() { cutting_ = true; }

    bool accepting() const { return accepting_; }
    bool stopping() const { return stopping_; }
    bool cutting() const { return cutting_; }
    bool full() const { return sessions_ >= most_sessions_; }
    std::size_t sessions() const { return sessions_; }
    /// Session::waiting_hello() of all.
    std::size_t hello_bytes() const { return hello_bytes_; }
    /// True once behind each crowd of which half has gone.
    bool crowd_has_gone() {
        constexpr std::size_t kCrowd = 200;
        if (peak_ < kCrowd || sessions_ > peak_ / 2) return false;
        peak_ = sessions_;
        return true;
    }

  private:
    template <class... Of>
    Place& free_place(Of&... of) {
        if (free_.empty()) {
            // So that to give a place back takes no memory.
            if (free_.capacity() <= places_.size()) free_.reserve(2 * places_.size() + 16);
            typename Place::Looks one;
            one.emplace(Clock::time_point::max(), nullptr);
            Place& place = places_.emplace_back(of...);
            place.node = one.extract(one.begin());
            free_.push_back(&place);
        }
        Place& place = *free_.back();
        free_.pop_back();
        return place;
    }

    template <class May>
    Place* oldest(May may_go) {
        Place* found = nullptr;
        for (Place& place : places_) {
            if (!place.session || place.taken || !may_go(place)) continue;
            if (!found || place.session->deadline() < found->session->deadline()) found = &place;
        }
        if (found) found->taken = true;
        return found;
    }

    void look_at(Place& place, Clock::time_point when) {
        if (when >= place.look) return;
        auto node = place.look == Clock::time_point::max() ? std::move(place.node)
                                                           : looks_.extract({place.look, &place});
        node.value() = {when, &place};
        looks_.insert(std::move(node));
        place.look = when;
    }

    void count_hello(Place& place) {
        const std::size_t now = place.session ? place.session->waiting_hello() : 0;
        hello_bytes_ += now - place.hello_bytes;  // wraps around, and comes out right
        place.hello_bytes = now;
    }

    const std::size_t most_sessions_;
    const std::size_t most_hello_bytes_;
    std::deque<Place> places_;
    std::vector<Place*> free_;  // has room for all of them
    Place::Looks looks_;
    Clock::time_point tries_ = Clock::time_point::max();
    std::size_t sessions_ = 0;
    std::size_t peak_ = 0;  // since crowd_has_gone() last said so
    std::size_t hello_bytes_ = 0;
    bool accepting_ = true;
    bool stopping_ = false;
    bool cutting_ = false;
};

}  // namespace sni::backend
