#include "lab/routing/listeners/routed.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sni::routing {

void RoutedPart::add(RoutedPart later) {
    const auto append = [](auto& to, auto& from) {
        if (to.empty()) {
            to = std::move(from);  // mostly one kind has all of them
        } else {
            std::ranges::move(from, std::back_inserter(to));
        }
    };
    append(chains, later.chains);
    append(ports, later.ports);
    append(envoys, later.envoys);
    listeners.closed.merge(later.listeners.closed);
    append(listeners.lost, later.listeners.lost);
    append(listeners.unread, later.listeners.unread);
    append(listeners.conditions, later.listeners.conditions);
    append(listeners.attached, later.listeners.attached);
}

}  // namespace sni::routing
