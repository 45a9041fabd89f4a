#include "lab/core/default_listen.h"

namespace sni {

namespace {

constexpr std::uint16_t kPrivileged = 1024;

/// Behind the last port come the first ones that need no privileges.
std::uint16_t next(std::uint16_t port) {
    return port == UINT16_MAX ? kPrivileged : static_cast<std::uint16_t>(port + 1);
}

}  // namespace

std::map<std::uint16_t, Endpoint> default_listen(std::span<const std::uint16_t> ports,
                                                 std::uint16_t offset,
                                                 const std::map<std::uint16_t, Endpoint>& given,
                                                 std::set<Endpoint> taken) {
    std::map<std::uint16_t, Endpoint> listen;
    for (const std::uint16_t port : ports) {
        const auto said = given.find(port);
        if (said == given.end()) continue;
        listen[port] = said->second;
        if (said->second.port != 0) taken.insert(said->second);
    }
    for (const std::uint16_t port : ports) {
        if (listen.contains(port)) continue;
        const bool low = port < kPrivileged;
        Endpoint at = loopback(low ? static_cast<std::uint16_t>(port + offset) : port);
        while (!taken.insert(at).second) {
            at.port = next(at.port);
        }
        listen[port] = at;
    }
    return listen;
}

}  // namespace sni
