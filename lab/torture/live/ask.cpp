#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "lab/net/dial.h"
#include "lab/net/error.h"
#include "lab/net/wait.h"
#include "lab/torture/arrival.h"
#include "lab/torture/live/around.h"
#include "lab/torture/live/run.h"

namespace sni::torture {

namespace {

using net::Clock;
using net::Io;

/// No end sends more than what it got; a gateway that answers by itself may send anything.
constexpr std::size_t kMostAnswer = 1 << 20;
/// Behind an alert a gateway closes at once.
constexpr std::chrono::milliseconds kBehindAlert{1'000};

/// One client, from its connection to the end of what it waits for.
class Client {
  public:
    /// `began`: before it was dialled.
    Client(net::PlainStream stream, Clock::time_point began, const Shape& shape,
           const Patience& patience)
        : stream_(std::move(stream)),
          shape_(shape),
          patience_(patience),
          began_(began),
          wire_bytes_(shape.wire().size()),
          due_(Clock::now()) {
        deadline_ = due_ + patience.answer;
    }

    /// False when it was stopped.
    bool run(const net::Wakeup& stop) {
        while (!over_) {
            send_what_is_due();
            receive();
            if (over_) break;
            const bool waits_for_turn = !sent() && due_ > Clock::now();
            const Io sending = sent() || waits_for_turn ? Io::want_read : Io::want_write;
            const auto next = waits_for_turn ? due_ : end_at_.value_or(deadline_);
            const auto until = std::min(next, deadline_);
            if (net::wait_for({{stream_.fd(), Io::want_read}, {stream_.fd(), sending}}, until,
                              &stop)) {
                continue;
            }
            if (stop.called()) return false;
            if (Clock::now() >= deadline_) over_ = true;
        }
        seen_.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
        return true;
    }

    /// Asks the ends where they can know: whoever sits in between may write what an end would, and
    /// may close, or refuse, what went on all the same.
    Seen take(Arrivals& ends, const Mark& since, const net::Wakeup& stop) {
        const bool resets = (shape_.then == Then::reset || shape_.then == Then::reset_now) &&
                            seen_.ending == Ending::open;
        const bool refused = seen_.answer.empty() || !is_begun();
        if (!resets && !is_greeted() && !(refused && seen_.ending != Ending::open))
            return std::move(seen_);
        if (resets) stream_.reset_on_close();
        stream_ = net::PlainStream();
        const Buffer wire = shape_.wire();
        const auto patience = patience_.answer / (resets ? 3 : 10) +
                              shape_.meanwhile.target_late;  // it reads by then
        auto said = ends.arrived(wire, since, patience, stop);
        if (said) {
            seen_.stated = beginning(wire).has_value();
            seen_.arrived = *said;
        } else {
            seen_.untold = said.error();
        }
        return std::move(seen_);
    }

  private:
    /// An end has answered.
    bool is_greeted() const {
        return seen_.answer.starts_with(kTargetSays) || seen_.answer.starts_with(kDecoySays);
    }
    /// Or has begun to.
    bool is_begun() const {
        return kTargetSays.starts_with(seen_.answer) || kDecoySays.starts_with(seen_.answer);
    }
    bool sent() const { return segment_ == shape_.segments.size(); }

    void send_what_is_due() {
        while (!sent() && Clock::now() >= due_ && !broken_) {
            const std::string_view rest = as_text(shape_.segments[segment_].bytes).substr(offset_);
            std::size_t taken = 0;
            const Io io = rest.empty() ? Io::done : stream_.write(rest, taken);
            if (io == Io::want_write) return;
            if (io != Io::done) {
                broken_ = true;  // what the gateway said before that may still be read
                return;
            }
            offset_ += taken;
            deadline_ = Clock::now() + patience_.answer;
            if (offset_ == shape_.segments[segment_].bytes.size()) next_segment();
        }
        if (end_at_ && Clock::now() >= *end_at_) {
            if (shape_.then == Then::reset_now) {
                over_ = true;
            } else {
                stream_.finish_sending();
            }
            end_at_.reset();
        }
    }

    void next_segment() {
        offset_ = 0;
        if (++segment_ < shape_.segments.size()) {
            due_ = Clock::now() + shape_.segments[segment_].pause;
            deadline_ = due_ + patience_.answer;
            return;
        }
        if (shape_.then == Then::half_close || shape_.then == Then::end_later ||
            shape_.then == Then::reset_now) {
            end_at_ = Clock::now() + shape_.after;
        }
        if (shape_.then == Then::stall) deadline_ = began_ + patience_.hello + patience_.answer;
    }

    void receive() {
        std::array<char, 16'384> buffer;
        while (!over_) {
            std::size_t got = 0;
            const Io io = stream_.read(buffer, got);
            if (io == Io::want_read || io == Io::want_write) {
                over_ = broken_;
                if (over_) seen_.ending = Ending::reset;
                return;
            }
            if (io != Io::done) {
                seen_.ending = io == Io::ended ? Ending::fin : Ending::reset;
                over_ = true;
                return;
            }
            const bool first = seen_.answer.empty();
            seen_.answer.append(buffer.data(), got);
            const bool ours = seen_.answer.starts_with("sni-lab ");
            if (first && !ours) deadline_ = std::min(deadline_, Clock::now() + kBehindAlert);
            const bool enough = seen_.answer.size() > kMostAnswer + wire_bytes_;
            over_ = enough || (sent() && is_answered(shape_, seen_.answer, wire_bytes_));
        }
    }

    net::PlainStream stream_;
    const Shape& shape_;
    const Patience& patience_;
    Clock::time_point began_;
    std::size_t wire_bytes_;
    std::size_t segment_ = 0;
    std::size_t offset_ = 0;
    Clock::time_point due_;
    Clock::time_point deadline_;
    std::optional<Clock::time_point> end_at_;  ///< of what is sent
    Seen seen_;
    bool broken_ = false;
    bool over_ = false;
};

Seen untold(std::string why) {
    return {.answer = {}, .trouble = {}, .arrived = {}, .untold = std::move(why)};
}

std::optional<Seen> ask_so(const Endpoint& gateway, const Shape& shape, const Patience& patience,
                           Arrivals& ends, const net::Wakeup& stop) {
    const auto since = ends.mark(stop);
    if (stop.called()) return std::nullopt;
    if (!since) return untold(since.error());
    const Clock::time_point began = Clock::now();
    auto stream = net::dial(gateway, Clock::now() + patience.connect, &stop);
    if (!stream) {
        // What this machine lacks is not the gateway's fault.
        if (stream.error() == ECANCELED || net::Error(stream.error()).own_shortage())
            return std::nullopt;
        return Seen{.answer = {},
                    .ending = Ending::unconnected,
                    .trouble = std::generic_category().message(stream.error()),
                    .refused = stream.error() == ECONNREFUSED};
    }
    Client client(std::move(*stream), began, shape, patience);
    if (!client.run(stop)) return std::nullopt;
    Seen seen = client.take(ends, *since, stop);
    if (stop.called() && !seen.untold.empty()) return std::nullopt;
    return seen;
}

/// With what a slow target, or one that is not there, takes beside.
Patience patience_for(const Meanwhile& meanwhile, Patience patience) {
    patience.answer += meanwhile.target_late;
    // Gateways try again for a while.
    if (meanwhile.target_down) patience.answer += patience.hello;
    return patience;
}

}  // namespace

std::optional<Seen> ask(const Endpoint& gateway, const Shape& shape, const Patience& patience,
                        Arrivals& ends, const net::Wakeup& stop) {
    if (!shape.meanwhile.is_alone()) return ask_so(gateway, shape, patience, ends, stop);
    Around around(gateway, shape.meanwhile, patience, ends, stop);
    if (stop.called()) return std::nullopt;
    if (!around.trouble().empty()) return untold(around.trouble());
    const std::size_t stalled = around.stalled();
    auto seen = ask_so(gateway, shape, patience_for(shape.meanwhile, patience), ends, stop);
    if (seen) seen->stalled = stalled;
    if (seen && seen->ending == Ending::unconnected && stalled > 0) {
        around.let_go();
        if (net::dial(gateway, Clock::now() + patience.connect, &stop)) seen->ending = Ending::open;
    }
    around.end();
    return seen;
}

}  // namespace sni::torture
