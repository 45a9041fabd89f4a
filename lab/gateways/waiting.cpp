#include "lab/gateways/waiting.h"

namespace sni::gateways {

using net::Io;

bool wait_for(const session::Channel& side, Io io, const net::Wakeup& stop) {
    return net::wait_for({{side.fd(), io}}, net::Clock::now() + kPatience, &stop);
}

bool handshake(session::Channel& side, const net::Wakeup& stop) {
    for (;;) {
        const Io io = side.handshake();
        if (io == Io::done) return true;
        if (!wait_for(side, io, stop)) return false;
    }
}

bool write_all(session::Channel& side, std::string_view bytes, const net::Wakeup& stop) {
    while (!bytes.empty()) {
        std::size_t taken = 0;
        const Io io = side.write(bytes, taken);
        if (io == Io::done) {
            bytes.remove_prefix(taken);
        } else if (!wait_for(side, io, stop)) {
            return false;
        }
    }
    return true;
}

}  // namespace sni::gateways
