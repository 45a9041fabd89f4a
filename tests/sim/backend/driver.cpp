#include "tests/sim/backend/driver.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "tests/sim/memory.h"

namespace sni::sim {

namespace {

/// As the poller has it.
constexpr int kGoes = 16;
constexpr std::chrono::seconds kLongestSleep{10};
/// So much too soon a deadline comes, with Flaw::expires_early.
constexpr std::chrono::seconds kEarly{20};

}  // namespace

Driver::Driver(Tape& tape, Kernel& kernel, HttpClients& clients, backend::Service& service,
               Setting setting, net::Descriptor listener)
    : tape_(tape),
      kernel_(kernel),
      clients_(clients),
      service_(service),
      setting_(setting),
      listener_(std::move(listener)),
      places_(service.limits.connections, service.limits.hello_bytes),
      refused_before_(refusals()) {
    polls_.add(listener_.fd(), net::PollSet::kInput | net::PollSet::kEachTime, this);
}

/// What a session does is the program's; what it leads to is not.
template <class Do>
auto Driver::in_program(Place& place, Do what) {
    const int fd = place.session->fd();
    const Time began = kernel_.now();
    struct Noting {
        HttpClients& clients;
        int fd;
        Time began;
        ~Noting() { clients.worked(fd, began); }
    } const noting{clients_, fd, began};
    const TheProgram program(tape_, refuses(), true);
    return what(*place.session);
}

std::uint32_t Driver::refuses() const {
    return refusals() == refused_before_ ? setting_.memory : 0;
}

void Driver::run() {
    constexpr std::uint64_t kMostCalls = 2'000'000;
    while (kernel_.verdict().empty() && !clients_.all_gone(static_cast<bool>(listener_))) {
        net::PollSet::Event event;
        const auto wait = jobs_.empty() ? timeout() : std::chrono::milliseconds(0);
        for (const auto& told : polls_.wait({&event, 1}, wait)) {
            if (told.data.ptr == this) {
                accept_some();
            } else {
                ready(*static_cast<Place*>(told.data.ptr));
            }
        }
        if (!jobs_.empty() && !tape_.one_in(3)) run_job();
        end_some();
        expire();
        try_again();
        if (kernel_.calls() > kMostCalls) kernel_.wrong("goes round and round");
    }
    stop();
    cuts_at_ = kernel_.now();
    end_some();
    while (!jobs_.empty())
        run_job();
    if (places_.hello_bytes() != 0 || places_.sessions() != 0)
        kernel_.wrong(fmt::format("{} sessions and {} bytes of hellos are counted at the end",
                                  places_.sessions(), places_.hello_bytes()));
}

std::string Driver::exceeds() const {
    const backend::Limits& limits = service_.limits;
    /// A session's requests and answers are nobody's trouble below that, and a refusal is one.
    constexpr std::size_t kRefusals = 64u << 10;
    if (places_.sessions() > limits.connections)
        return fmt::format("{} sessions, of {}", places_.sessions(), limits.connections);
    if (places_.hello_bytes() > limits.hello_bytes)
        return fmt::format("hellos of {} bytes wait, of {}", places_.hello_bytes(),
                           limits.hello_bytes);
    if (service_.held > limits.held_bytes + kRefusals)
        return fmt::format("{} bytes are held, of {}", service_.held.load(), limits.held_bytes);
    return {};
}

void Driver::run_job() {
    const Job job = jobs_.front();
    jobs_.pop_front();
    job.place ? work(*job.place) : accept_some();
}

void Driver::stop() {
    if (places_.stopping()) return;
    places_.stop();
    service_.stopping = true;
    cuts_at_ = kernel_.now() + setting_.grace;
}

void Driver::finish(Place& place) {
    in_program(place, [](Session& session) { session.finish(); });
}

std::chrono::milliseconds Driver::timeout() {
    const Clock::time_point now = Clock::now();
    const bool sleeps_on = setting_.flaw == Flaw::forgets_look && now < wakes_;
    if (!sleeps_on) wakes_ = std::min(now + kLongestSleep, soonest());
    Clock::time_point wakes = wakes_;
    if (places_.stopping() && !places_.cutting())
        wakes = std::min(wakes, Clock::time_point(cuts_at_));
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(wakes - now);
    return std::max(wait, std::chrono::milliseconds(0));
}

Driver::Clock::time_point Driver::soonest() const {
    return setting_.flaw == Flaw::never_expires ? Clock::time_point::max() : places_.soonest();
}

void Driver::expire() {
    const Clock::time_point now = Clock::now();
    if (soonest() > now || (setting_.flaw == Flaw::forgets_look && now < wakes_)) return;
    const bool early = setting_.flaw == Flaw::expires_early;
    while (Place* const place = places_.due(early ? now + kEarly : now)) {
        const bool more = in_program(*place, [](Session& session) { return session.expire(); });
        if (more) {
            jobs_.push_back({place});
        } else {
            close(*place);
        }
    }
}

void Driver::ready(Place& place) {
    if (!places_.take(place)) return;
    const Conn* const conn = clients_.conn_of(place.session->fd());
    if (setting_.flaw == Flaw::closes_half && conn && conn->ended && conn->unread() == 0)
        return close(place);
    work(place);
}

void Driver::watch(Place& place, std::uint32_t events) {
    const std::uint32_t each_time = events | net::PollSet::kEachTime;
    const int fd = place.session->fd();
    const bool told =
        place.watched ? polls_.change(fd, each_time, &place) : polls_.add(fd, each_time, &place);
    place.watched = place.watched || told;
    if (!told) clients_.deafen(fd);
}

void Driver::work(Place& place) {
    using Next = Session::Next;
    for (int go = 0; go < kGoes; ++go) {
        Next next = Next::close;
        clients_.looks(place.session->fd());
        try {
            next = in_program(place, [](Session& session) { return session.advance(); });
        } catch (const std::exception&) {
            place.session->abandon();
        }
        if (next == Next::close) return close(place);
        if (next == Next::again) {
            judge_turn(place);
            break;
        }
        place.turns = 0;
        if (next == Next::write && !place.writing && setting_.flaw != Flaw::forgets_room) {
            place.writing = true;
            watch(place, net::PollSet::kInput | net::PollSet::kRoom);
        }
        if (park(place)) return;
    }
    if (!places_.cutting()) {
        if (setting_.flaw != Flaw::forgets_turn || ++flawed_ % 2 == 0) jobs_.push_back({&place});
        return;
    }
    finish(place);
    close(place);
}

/// Whoever wants another turn has done something in this one.
void Driver::judge_turn(Place& place) {
    constexpr int kMostTurns = 4;
    const Conn* const conn = clients_.conn_of(place.session->fd());
    const std::uint64_t moved = conn ? conn->taken + conn->accepted : 0;
    place.turns = moved == place.moved ? place.turns + 1 : 0;
    place.moved = moved;
    if (place.turns > kMostTurns)
        kernel_.wrong(fmt::format("{} wants turn after turn for nothing", conn ? conn->id : 0));
}

bool Driver::park(Place& place) {
    using enum backend::Places<Place>::Parked;
    const auto parked = places_.park(place);
    if (parked == called) return false;
    if (parked == crowds) crowd_out_hellos();
    if (parked == ends) {
        finish(place);
        close(place);
    }
    return true;
}

void Driver::close(Place& place) {
    std::unique_ptr<Session> closing = places_.leave(place);
    {
        const TheProgram program(tape_, refuses(), true);
        closing.reset();
    }
    if (places_.give_back(place)) jobs_.push_back({nullptr});
}

}  // namespace sni::sim
