#include "lab/backend/poller.h"

#include <algorithm>
#include <exception>

#include <malloc.h>

#include "lab/net/accept.h"
#include "lab/net/signals.h"

namespace sni::backend {

namespace {

/// Goes of one session in a row, while more comes in than it can answer.
constexpr int kGoes = 16;
/// The clock's thread looks up now and then, deadlines or not.
constexpr std::chrono::seconds kLongestSleep{10};
/// What was short when a client came may be there again so much later.
constexpr std::chrono::milliseconds kShortagePause{50};

}  // namespace

Poller::Poller(net::Descriptor listener, Service& service)
    : service_(service),
      listener_(std::move(listener)),
      places_(service.limits.connections, service.limits.hello_bytes) {
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
        places_.stop();
    }
    answered_.notify_all();
    wake_.call();
}

void Poller::cut() {
    {
        const std::lock_guard lock(mutex_);
        places_.cut();
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
    return empty_.wait_for(lock, grace, [this] { return places_.sessions() == 0; });
}

std::size_t Poller::sessions() const {
    const std::lock_guard lock(mutex_);
    return places_.sessions();
}

std::size_t Poller::hello_bytes() const {
    const std::lock_guard lock(mutex_);
    return places_.hello_bytes();
}

bool Poller::responds(std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    const std::uint64_t question = ++questions_;
    wake_.call();
    return answered_.wait_for(lock, within,
                              [&] { return places_.stopping() || answers_ >= question; });
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
            stopping = places_.stopping();
            cutting = places_.cutting();
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
        try_again();
        give_memory_back();
    }
}

/// Those that nobody works on, and with `busy_too` those that are at a request, too.
void Poller::close_all(bool busy_too) {
    for (std::size_t from = 0;;) {
        Place* next = nullptr;
        {
            const std::lock_guard lock(mutex_);
            next = places_.next_waiting(from, busy_too);
        }
        if (!next) return;
        next->session->finish();
        close(*next);
    }
}

/// Freed memory stays with the process, in pieces between what is in use. After a crowd has left,
/// most of it can go; a few connections that come and go are not worth the look.
void Poller::give_memory_back() {
    {
        const std::lock_guard lock(mutex_);
        if (!places_.crowd_has_gone()) return;
    }
    ::malloc_trim(0);
}

/// Whoever parks a session that is due sooner wakes this thread.
std::chrono::milliseconds Poller::timeout() {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    wakes_ = std::min(now + kLongestSleep, places_.soonest());
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
            if (!places_.accepting()) return;
        }
        net::Accepted client = net::accept_now(listener_);
        if (client) {
            adopt(net::PlainStream(std::move(client.socket)), client.peer);
        } else if (net::is_shortage(client.error)) {
            if (!make_room()) return try_later();
        } else if (!net::concerns_one_client(client.error)) {
            return;
        }
    }
    accept_later();
}

/// Where there is no memory for that, the clock's thread asks for it again.
void Poller::accept_later() {
    if (!service_.workers.post([this] { accept_some(); })) try_later();
}

/// False where there is no memory for that.
bool Poller::work_later(Place& place) {
    return service_.workers.post([this, &place] { work(place); });
}

void Poller::adopt(net::PlainStream socket, const net::Address& peer) {
    Place* place = nullptr;
    bool full = false;
    try {
        auto session = std::make_unique<Session>(std::move(socket), peer.endpoint(), service_);
        ++service_.activity.accepted;
        const std::lock_guard lock(mutex_);
        if (places_.stopping()) return;
        place = &places_.seat(std::move(session), *this);
        full = places_.full();
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
        oldest = places_.idle_longest();
    }
    if (!oldest) return false;
    ++service_.activity.made_room;
    oldest->session->finish();
    close(*oldest);
    return true;
}

/// Until a session is closed.
void Poller::pause_accepting() {
    const std::lock_guard lock(mutex_);
    places_.pause();
}

/// Until a session is closed, or a moment is over.
void Poller::try_later() {
    const std::lock_guard lock(mutex_);
    places_.pause_until(Clock::now() + kShortagePause);
    wake_for_soonest();
}

void Poller::try_again() {
    {
        const std::lock_guard lock(mutex_);
        if (!places_.tries_again(Clock::now())) return;
    }
    accept_later();
}

/// With the mutex held.
void Poller::wake_for_soonest() {
    if (places_.soonest() >= wakes_) return;
    wakes_ = places_.soonest();
    wake_.call();
}

void Poller::expire() {
    const Clock::time_point now = Clock::now();
    while (true) {
        Place* due = nullptr;
        {
            const std::lock_guard lock(mutex_);
            due = places_.due(now);
        }
        if (!due) return;
        const bool has_something_to_say = due->session->expire();
        if (!has_something_to_say || !work_later(*due)) close(*due);
    }
}

void Poller::ready(Place& place) {
    {
        const std::lock_guard lock(mutex_);
        if (!places_.take(place)) return;
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
        cutting = places_.cutting();
    }
    if (!cutting && work_later(place)) return;
    place.session->finish();
    close(place);
}

/// False when there is more to do at once.
bool Poller::park(Place& place) {
    using enum Places<Place>::Parked;
    auto parked = ends;
    {
        const std::lock_guard lock(mutex_);
        parked = places_.park(place);
        wake_for_soonest();
    }
    if (parked == called) return false;
    if (parked == crowds) crowd_out_hellos();
    if (parked == ends) {
        place.session->finish();
        close(place);
    }
    return true;
}

void Poller::crowd_out_hellos() {
    while (true) {
        Place* oldest = nullptr;
        {
            const std::lock_guard lock(mutex_);
            oldest = places_.crowded_hello();
        }
        if (!oldest) return;
        oldest->session->crowd_out();
        ++service_.activity.crowded_out;
        close(*oldest);
    }
}

/// Whoever calls this has taken it.
void Poller::close(Place& place) {
    std::unique_ptr<Session> closing;
    {
        const std::lock_guard lock(mutex_);
        closing = places_.leave(place);
    }
    closing.reset();  // takes its time, and its descriptor may be what is waited for
    bool accept = false;
    {
        const std::lock_guard lock(mutex_);
        accept = places_.give_back(place);
        if (places_.sessions() == 0) empty_.notify_all();
    }
    if (accept) accept_later();
}

}  // namespace sni::backend
