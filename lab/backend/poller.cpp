#include "lab/backend/poller.h"

#include <algorithm>
#include <exception>
#include <vector>

#include <malloc.h>

#include "lab/net/accept.h"
#include "lab/net/signals.h"

namespace sni::backend {

namespace {

/// Goes of one session in a row, while more comes in than it can answer.
constexpr int kGoes = 16;
/// The clock's thread looks up now and then, deadlines or not.
constexpr std::chrono::seconds kLongestSleep{10};

}  // namespace

Poller::Poller(net::Descriptor listener, Service& service)
    : service_(service), listener_(std::move(listener)) {
    thread_ = net::start_thread([this] { run(); });
    service_.workers.watch(listener_.fd(), listening_, net::PollSet::kInput);
}

Poller::~Poller() {
    stop();
    cut();
    finish();
}

void Poller::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    answered_.notify_all();
    wake_.call();
}

void Poller::cut() {
    {
        const std::lock_guard lock(mutex_);
        cutting_ = true;
    }
    wake_.call();
}

void Poller::finish() {
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
    }
    wake_.call();
    if (thread_.joinable()) thread_.join();
}

bool Poller::wait_until_empty(std::chrono::milliseconds grace) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, std::chrono::system_clock::now() + grace,
                             [this] { return sessions_ == 0; });
}

std::size_t Poller::sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_;
}

std::size_t Poller::hello_bytes() const {
    const std::lock_guard lock(mutex_);
    return hello_bytes_;
}

bool Poller::responds(std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    const std::uint64_t question = ++questions_;
    wake_.call();
    return answered_.wait_until(lock, std::chrono::system_clock::now() + within,
                                [&] { return stopping_ || answers_ >= question; });
}

void Poller::run() {
    bool open = true;
    bool finished = false;
    while (!finished) {
        if (wake_.called(timeout())) wake_.clear();
        bool stopping = false;
        bool cutting = false;
        {
            const std::lock_guard lock(mutex_);
            if (answers_ != questions_) answered_.notify_all();
            answers_ = questions_;
            stopping = stopping_;
            cutting = cutting_;
            finished = finished_;
        }
        if (stopping && std::exchange(open, false)) {
            {
                const std::lock_guard lock(accept_mutex_);
                listener_.reset();
            }
            close_all(false);
        }
        if (cutting) close_all(true);
        expire();
        give_memory_back();
    }
}

/// Those that nobody works on, and with `busy_too` those that are at a request, too.
void Poller::close_all(bool busy_too) {
    std::vector<Place*> closing;
    {
        const std::lock_guard lock(mutex_);
        for (Place& place : places_) {
            if (!place.session || place.taken) continue;
            if (!busy_too && place.session->busy()) continue;
            place.taken = true;
            closing.push_back(&place);
        }
    }
    for (Place* const place : closing) {
        place->session->finish();
        close(*place);
    }
}

/// Freed memory stays with the process, in pieces between what is in use. After a crowd has left,
/// most of it can go; a few connections that come and go are not worth the look.
void Poller::give_memory_back() {
    constexpr std::size_t kCrowd = 200;
    {
        const std::lock_guard lock(mutex_);
        if (most_sessions_ < kCrowd || sessions_ > most_sessions_ / 2) return;
        most_sessions_ = sessions_;
    }
    ::malloc_trim(0);
}

/// look_at() wakes this thread for what comes sooner.
std::chrono::milliseconds Poller::timeout() {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    wakes_ = now + kLongestSleep;
    if (!looks_.empty()) wakes_ = std::min(wakes_, looks_.begin()->first);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(wakes_ - now);
    return std::max(wait, std::chrono::milliseconds(0));
}

void Poller::accept_some() {
    const std::lock_guard one_at_a_time(accept_mutex_);
    // A bound, so that a flood of connections cannot keep others' events waiting.
    for (int i = 0; i < 64; ++i) {
        if (!listener_) return;
        {
            const std::lock_guard lock(mutex_);
            if (!accepting_) return;
        }
        net::Accepted client = net::accept_now(listener_);
        if (client) {
            adopt(net::PlainStream(std::move(client.socket)), client.peer.endpoint());
        } else if (net::is_shortage(client.error)) {
            if (!make_room()) pause_accepting();
        } else if (!net::concerns_one_client(client.error)) {
            return;
        }
    }
    accept_later();
}

/// Where there is no memory for that, whoever comes next brings the others in, too.
void Poller::accept_later() {
    service_.workers.post([this] { accept_some(); });
}

/// False where there is no memory for that.
bool Poller::work_later(Place& place) {
    return service_.workers.post([this, &place] { work(place); });
}

/// With the mutex held. Throws where there is no memory for one more, and then nothing changes.
Poller::Place& Poller::free_place() {
    if (free_.empty()) {
        if (free_.capacity() <= places_.size()) free_.reserve(2 * places_.size() + 16);
        Looks one;
        one.emplace(Clock::time_point::max(), nullptr);
        Place& place = places_.emplace_back(*this);
        place.node = one.extract(one.begin());
        free_.push_back(&place);
    }
    Place& place = *free_.back();
    free_.pop_back();
    return place;
}

void Poller::adopt(net::PlainStream socket, Endpoint peer) {
    std::unique_ptr<Session> session;
    Place* place = nullptr;
    bool full = false;
    try {
        session = std::make_unique<Session>(std::move(socket), std::move(peer), service_);
        ++service_.activity.accepted;
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        place = &free_place();
        place->session = std::move(session);
        place->taken = true;
        place->missed = place->writing = false;
        full = ++sessions_ >= service_.limits.connections;
        most_sessions_ = std::max(most_sessions_, sessions_);
    } catch (const std::exception&) {
        return;  // no memory for one more; the client sees its connection closed
    }
    // If it fails, for want of memory, the session is closed when its deadline comes.
    service_.workers.watch(place->session->fd(), *place, net::PollSet::kInput);
    if (!park(*place) && !work_later(*place)) {
        place->session->abandon();
        close(*place);
    }
    if (full && !make_room()) pause_accepting();
}

/// Closes the session that was idle longest; false when none is.
bool Poller::make_room() {
    Place* oldest = nullptr;
    {
        const std::lock_guard lock(mutex_);
        for (Place& place : places_) {
            if (!place.session || place.taken || !place.session->idle()) continue;
            if (!oldest || place.session->deadline() < oldest->session->deadline()) oldest = &place;
        }
        if (!oldest) return false;
        oldest->taken = true;
    }
    ++service_.activity.made_room;
    oldest->session->finish();
    close(*oldest);
    return true;
}

/// Until a session is closed.
void Poller::pause_accepting() {
    const std::lock_guard lock(mutex_);
    if (sessions_ > 0) accepting_ = false;  // else nobody would ever end the pause
}

void Poller::expire() {
    const Clock::time_point now = Clock::now();
    while (true) {
        Place* due = nullptr;
        bool has_something_to_say = false;
        {
            const std::lock_guard lock(mutex_);
            if (looks_.empty() || looks_.begin()->first > now) return;
            Place& place = *looks_.begin()->second;
            place.node = looks_.extract(looks_.begin());
            place.look = Clock::time_point::max();
            if (place.taken) continue;  // who parks it has it looked at again
            if (place.session->deadline() > now) {
                look_at(place, place.session->deadline());
                continue;
            }
            place.taken = true;
            has_something_to_say = place.session->expire();
            due = &place;
        }
        if (!has_something_to_say || !work_later(*due)) close(*due);
    }
}

/// With the mutex held.
void Poller::look_at(Place& place, Clock::time_point when) {
    if (when >= place.look) return;
    Looks::node_type node = place.look == Clock::time_point::max()
                                ? std::move(place.node)
                                : looks_.extract({place.look, &place});
    node.value() = {when, &place};
    looks_.insert(std::move(node));
    place.look = when;
    if (when < wakes_) wake_.call();
}

void Poller::ready(Place& place) {
    {
        const std::lock_guard lock(mutex_);
        if (!place.session) return;
        if (place.taken) {
            place.missed = true;
            return;
        }
        place.taken = true;
    }
    work(place);
}

void Poller::work(Place& place) {
    for (int go = 0; go < kGoes; ++go) {
        auto next = Session::Next::close;
        try {
            next = place.session->advance();
        } catch (const std::exception&) {
            // Out of memory, most likely; this client loses its connection and nobody else does.
            place.session->abandon();
            next = Session::Next::close;
        }
        if (next == Session::Next::close) return close(place);
        if (next == Session::Next::again) break;
        if (next == Session::Next::write && !place.writing) {
            place.writing = true;
            service_.workers.watch(place.session->fd(), place,
                                   net::PollSet::kInput | net::PollSet::kRoom);
        }
        if (park(place)) return;
    }
    bool cutting = false;
    {
        const std::lock_guard lock(mutex_);
        cutting = cutting_;
    }
    if (!cutting && work_later(place)) return;
    place.session->finish();
    close(place);
}

/// False when there is more to do at once.
bool Poller::park(Place& place) {
    {
        std::unique_lock lock(mutex_);
        if (std::exchange(place.missed, false)) return false;
        if (!stopping_ || (!cutting_ && place.session->busy())) {
            place.taken = false;
            look_at(place, place.session->deadline());
            count_hello(place);
            const bool too_many = hello_bytes_ > service_.limits.hello_bytes;
            lock.unlock();
            if (too_many) drop_oldest_hello();
            return true;
        }
    }
    place.session->finish();
    close(place);
    return true;
}

/// With the mutex held.
void Poller::count_hello(Place& place) {
    const std::size_t now = place.session ? place.session->waiting_hello() : 0;
    hello_bytes_ += now - place.hello_bytes;  // wraps around, and comes out right
    place.hello_bytes = now;
}

void Poller::drop_oldest_hello() {
    Place* oldest = nullptr;
    {
        const std::lock_guard lock(mutex_);
        for (Place& place : places_) {
            if (!place.session || place.taken || place.hello_bytes == 0) continue;
            if (!oldest || place.session->deadline() < oldest->session->deadline()) oldest = &place;
        }
        if (!oldest) return;
        oldest->taken = true;
    }
    oldest->session->crowd_out();
    ++service_.activity.crowded_out;
    close(*oldest);
}

/// Whoever calls this has taken it.
void Poller::close(Place& place) {
    std::unique_ptr<Session> closing;
    {
        const std::lock_guard lock(mutex_);
        if (place.look != Clock::time_point::max())
            place.node = looks_.extract({place.look, &place});
        place.look = Clock::time_point::max();
        closing = std::move(place.session);
        count_hello(place);
    }
    closing.reset();  // takes its time, and its descriptor may be what is waited for
    bool accept = false;
    {
        const std::lock_guard lock(mutex_);
        free_.push_back(&place);
        --sessions_;
        accept = !std::exchange(accepting_, true) && !stopping_;
        if (sessions_ == 0) empty_.notify_all();
    }
    if (accept) accept_later();
}

}  // namespace sni::backend
