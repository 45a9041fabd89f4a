#include "lab/net/loop/race.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <exception>
#include <utility>

#include "lab/net/dial.h"
#include "lab/net/loop/connect.h"

namespace sni::net {

namespace {

/// RFC 8305 §5 recommends it.
constexpr std::chrono::milliseconds kStagger{250};

std::chrono::milliseconds stagger_of(std::chrono::milliseconds within, std::size_t addresses) {
    return std::min(kStagger, within / static_cast<std::int64_t>(addresses + 1));
}

}  // namespace

Race::Race(Socket& client, std::vector<Endpoint> addresses, std::chrono::milliseconds within)
    : client_(client.stream()),
      addresses_(std::move(addresses)),
      deadline_(client_.loop().now() + within),
      stagger_(stagger_of(within, addresses_.size())) {
    result_.errors.resize(addresses_.size());
    attempts_.reserve(addresses_.size());
}

Race::~Race() {
    stop_waiting();
}

/// True when it is decided already.
bool Race::await_ready() {
    unwanted_ = client_.failed() || client_.expired();
    return unwanted_ || start_next();
}

void Race::await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    for (Attempt& attempt : attempts_) {
        listen(attempt);
    }
    client_.listen_for_input();
    client_.set_waiter(this);
}

/// Tries addresses until one has to be waited for; true when it is decided.
bool Race::start_next() {
    while (next_ < addresses_.size()) {
        const std::size_t address = next_++;
        ++result_.tries;
        result_.errors[address] = start(address);
        if (result_.socket) return true;
        if (result_.errors[address] == EINPROGRESS) return false;
    }
    return attempts_.empty();
}

/// An errno: 0 when it is connected already, EINPROGRESS when it has to be waited for. What this
/// machine has no room for concerns this address alone: nobody would be left to go on.
int Race::start(std::size_t address) noexcept {
    try {
        Beginning begun = begin_connect(client_.loop(), addresses_[address]);
        if (begun.error != 0) return begun.error;
        if (begun.connected) {
            result_.winner = address;
            result_.socket.emplace(std::move(begun.stream), std::move(addresses_[address]));
            return 0;
        }
        Attempt attempt{address, std::move(begun.stream), next_ < addresses_.size()};
        if (awaiting_) listen(attempt);
        attempts_.push_back(std::move(attempt));  // there is room for all
        return EINPROGRESS;
    } catch (const Error& error) {
        return error.number();
    } catch (const std::exception&) {
        return ENOMEM;
    }
}

void Race::listen(Attempt& attempt) {
    Stream& stream = *attempt.stream;
    stream.listen_for_room();
    const Clock::time_point now = stream.loop().now();
    stream.expire_at(attempt.is_newest_alone ? std::min(deadline_, now + stagger_) : deadline_);
    stream.set_waiter(this);
}

void Race::on_ready(Stream& stream) {
    if (&stream == &client_) {
        unwanted_ = client_.failed();
        if (unwanted_) finish();
        return;
    }
    if (!stream.failed()) return win(stream);
    const int error = pending_error(stream.fd());
    if (go_on_without(stream, error != 0 ? error : ECONNREFUSED)) finish();
}

void Race::on_expired(Stream& stream) {
    if (&stream == &client_) {
        unwanted_ = true;
        finish();
        return;
    }
    const auto attempt = std::ranges::find_if(
        attempts_, [&](const Attempt& each) { return each.stream.get() == &stream; });
    if (attempt == attempts_.end()) return;
    if (attempt->is_newest_alone && stream.loop().now() < deadline_) {
        attempt->is_newest_alone = false;
        stream.expire_at(deadline_);
        if (start_next()) finish();
        return;
    }
    next_ = addresses_.size();  // `within` is over for all of them
    if (go_on_without(stream, ETIMEDOUT)) finish();
}

/// True when it is decided.
bool Race::go_on_without(Stream& stream, int error) {
    const auto attempt = std::ranges::find_if(
        attempts_, [&](const Attempt& each) { return each.stream.get() == &stream; });
    assert(attempt != attempts_.end() && "only attempts are waited for");
    result_.errors[attempt->address] = error;
    stream.set_waiter(nullptr);
    attempts_.erase(attempt);
    return start_next();
}

void Race::win(Stream& stream) {
    const auto attempt = std::ranges::find_if(
        attempts_, [&](const Attempt& each) { return each.stream.get() == &stream; });
    assert(attempt != attempts_.end() && "only attempts are waited for");
    stream.set_waiter(nullptr);
    result_.winner = attempt->address;
    result_.errors[attempt->address] = 0;
    result_.socket.emplace(std::move(attempt->stream), std::move(addresses_[attempt->address]));
    attempts_.erase(attempt);
    finish();
}

RaceResult Race::await_resume() {
    stop_waiting();
    attempts_.clear();
    if (unwanted_) throw Error(ECANCELED);
    if (result_.socket) result_.socket->expires_never();
    return std::move(result_);
}

void Race::finish() {
    stop_waiting();
    awaiting_.resume();
}

void Race::stop_waiting() {
    if (client_.waiter() == this) client_.set_waiter(nullptr);
    for (Attempt& attempt : attempts_) {
        attempt.stream->set_waiter(nullptr);
    }
}

}  // namespace sni::net
