#include "lab/torture/live/ends.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "certs/digest.h"
#include "lab/client/observe.h"
#include "lab/net/bind.h"
#include "lab/net/wait.h"
#include "lab/torture/arrival.h"

namespace sni::torture {

namespace {

using net::Io;
using std::chrono::milliseconds;

constexpr std::size_t kMostVisits = 1'024;
/// No shape takes longer, whatever a gateway does with it.
constexpr milliseconds kLongest{60'000};

bool send_whole(net::PlainStream& to, std::string_view bytes, net::Clock::time_point deadline,
                const net::Wakeup& stop) {
    while (!bytes.empty()) {
        std::size_t taken = 0;
        const Io io = to.write(bytes, taken);
        if (io == Io::done) {
            bytes.remove_prefix(taken);
        } else if (io == Io::failed || io == Io::ended ||
                   !net::wait_for({{to.fd(), Io::want_write}}, deadline, &stop)) {
            return false;
        }
    }
    return true;
}

gateways::ServerOptions options_for(const Endpoint& listen) {
    return {.listen = listen, .max_connections = kMostVisits, .refused = {}};
}

}  // namespace

Ends::Ends(const Endpoint& target, const Endpoint& decoy, std::size_t remembered)
    : remembered_(remembered),
      run_(client::fresh_nonce()),
      decoy_(options_for(decoy), [this](net::PlainStream client, unsigned,
                                        const net::Wakeup& stop) { serve(false, client, stop); }) {
    open_target(target);
}

void Ends::open_target(const Endpoint& at) {
    listens_ = target_
                   .emplace(options_for(at),
                            [this](net::PlainStream client, unsigned, const net::Wakeup& stop) {
                                serve(true, client, stop);
                            })
                   .listening();
    held_ = {};
}

bool Ends::arrange(const Meanwhile& meanwhile) {
    late_ = meanwhile.target_late;
    if (meanwhile.target_down && target_) {
        target_.reset();
        held_ = net::hold_port(listens_);
    } else if (!meanwhile.target_down && !target_) {
        open_target(Endpoint(listens_));
    }
    return true;
}

void Ends::serve(bool target, net::PlainStream& client, const net::Wakeup& stop) {
    Guest& visit = begin(target);
    if (target) stop.called(late_);
    answer(visit, client, stop);
    const std::scoped_lock lock(mutex_);
    visit.over = true;
    changed_.notify_all();
}

Ends::Guest& Ends::begin(bool target) {
    const std::scoped_lock lock(mutex_);
    if (visits_.size() >= remembered_) {
        // One that goes on is kept.
        const auto oldest = std::ranges::find(visits_, true, &Guest::over);
        if (oldest != visits_.end()) {
            forgotten_ = std::max(forgotten_, oldest->number);
            visits_.erase(oldest);
        }
    }
    Guest& visit = visits_.emplace_back();
    visit.number = ++begun_;
    visit.target = target;
    return visit;
}

void Ends::answer(Guest& visit, net::PlainStream& client, const net::Wakeup& stop) {
    const net::Clock::time_point deadline = net::Clock::now() + kLongest;
    std::array<char, 16'384> buffer;
    bool greeted = false;
    for (;;) {
        std::size_t got = 0;
        const Io io = client.read(buffer, got);
        if (io == Io::want_read || io == Io::want_write) {
            if (!net::wait_for({{client.fd(), io}}, deadline, &stop)) return;
            continue;
        }
        if (io == Io::failed) return;
        const std::string_view bytes(buffer.data(), got);
        note(visit, bytes);
        const std::string_view greeting = visit.target ? kTargetSays : kDecoySays;
        if (!std::exchange(greeted, true) && !send_whole(client, greeting, deadline, stop)) return;
        if (io == Io::ended) {
            send_whole(client, kEndSays, deadline, stop);
            return;
        }
        if (!send_whole(client, bytes, deadline, stop)) return;
    }
}

void Ends::note(Guest& visit, std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    visit.begin += bytes.substr(0, kUnmistakable - visit.begin.size());
    if (!visit.begin_sha256 && visit.begin.size() == kUnmistakable)
        visit.begin_sha256 = certs::sha256(as_bytes(visit.begin));
    visit.bytes += bytes.size();
    visit.received.add(as_bytes(bytes));
    changed_.notify_all();
}

ArrivalStatement Ends::stated(const ArrivalQuestion& question) const {
    ArrivalStatement said{
        .question = question, .run = run_, .visits = begun_, .complete_after = forgotten_};
    if (!question.begin_sha256) return said;
    const Guest* found = nullptr;
    for (const Guest& visit : visits_ | std::views::reverse) {
        if (visit.number <= question.after) break;
        if (visit.begin_sha256 == question.begin_sha256) found = &visit;
    }
    if (!found) return said;
    certs::Sha256 received = found->received;  // more may come
    said.visit = Visit{.number = found->number,
                       .target = found->target,
                       .ended = found->over,
                       .received = {.bytes = found->bytes, .sha256 = received.finish()}};
    return said;
}

ArrivalStatement Ends::state(const ArrivalQuestion& question) {
    const std::scoped_lock lock(mutex_);
    return stated(question);
}

Result<Mark, std::string> Ends::mark(const net::Wakeup&) {
    const std::scoped_lock lock(mutex_);
    return Mark{.run = run_, .visits = begun_};
}

Result<std::optional<Arrived>, std::string> Ends::arrived(Bytes sent, const Mark& since,
                                                          milliseconds patience,
                                                          const net::Wakeup&) {
    const auto begin = beginning(sent);
    if (!begin) return std::nullopt;
    const ArrivalQuestion question{.begin_sha256 = certs::sha256(*begin), .after = since.visits};
    ArrivalStatement said;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] {
        said = stated(question);
        return said.visit && said.visit->ended;
    });
    lock.unlock();
    if (std::string why = incomplete(said, since); !why.empty()) return std::unexpected(why);
    if (!said.visit) return std::nullopt;
    return compared(sent, *said.visit);
}

}  // namespace sni::torture
