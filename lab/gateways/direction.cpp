#include "lab/gateways/direction.h"

namespace sni::gateways {

using net::Io;

net::Interest Direction::interest() const {
    if (state_ == State::over) return {};
    const bool writes = pending() || state_ == State::ending;
    return {writes ? to_.fd() : from_.fd(), wants_};
}

void Direction::send(std::string_view bytes) {
    if (!pending()) wants_ = Io::want_write;
    pending_ += bytes;
}

bool Direction::flush() {
    while (pending()) {
        std::size_t taken = 0;
        wants_ = to_.write(pending_, taken);
        if (wants_ == Io::failed) state_ = State::to_lost;
        if (wants_ != Io::done) return false;
        pending_.erase(0, taken);
    }
    if (state_ == State::ending) finish();
    return open();
}

bool Direction::read(std::span<char> into, std::size_t& got) {
    wants_ = from_.read(into, got);
    if (wants_ == Io::failed || (wants_ == Io::ended && from_gone_ && !from_.ssl())) {
        state_ = State::from_lost;
    } else if (wants_ == Io::ended) {
        state_ = State::ending;
        finish();
    }
    return wants_ == Io::done;
}

void Direction::finish() {
    wants_ = to_.finish();
    if (wants_ != Io::want_write) state_ = State::over;
}

void Direction::cut() {
    const bool as_it_came = to_.ssl() && from_.failure().truncated();
    if (!as_it_came) to_.reset_on_close();
}

}  // namespace sni::gateways
