#include "lab/torture/live/upkeep.h"

#include <chrono>
#include <utility>

#include "lab/net/dial.h"
#include "lab/net/error.h"

namespace sni::torture {

using net::Clock;

bool Upkeep::is_there() const {
    const auto stream = net::dial(plan_.gateway, Clock::now() + plan_.patience.connect, &stop_);
    return stream.has_value() || stop_.called() || net::Error(stream.error()).own_shortage();
}

void Upkeep::note_end() {
    if (!plan_.ended) return;
    if (auto end = plan_.ended()) end_ = std::move(end);
}

bool Upkeep::bring_back() {
    if (is_there()) return true;
    note_end();
    if (plan_.restart) plan_.restart();
    const Clock::time_point deadline = Clock::now() + plan_.patience.restart;
    while (!is_there()) {
        if (Clock::now() >= deadline || stop_.called(std::chrono::milliseconds(50))) return false;
    }
    return true;
}

}  // namespace sni::torture
