#include "lab/net/resolve.h"

#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <netdb.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"

namespace sni::net {

Result<std::vector<Endpoint>, std::string> look_up(const Endpoint& endpoint) {
    if (endpoint.kind != Endpoint::Kind::name) return std::vector{endpoint};
    // RFC 6761 §6.3: localhost is loopback whatever a resolver says, and where there is none.
    if (endpoint.host == "localhost" || endpoint.host.ends_with(".localhost")) {
        return std::vector<Endpoint>{loopback(endpoint.port),
                                     {Endpoint::Kind::ipv6, "::1", endpoint.port}};
    }

    // §6.4: .invalid has no address, and no resolver needs to be asked.
    const bool invalid = endpoint.host == "invalid" || endpoint.host.ends_with(".invalid");
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error =
        invalid ? EAI_NONAME : ::getaddrinfo(endpoint.host.c_str(), nullptr, &wanted, &found);
    const int system_error = errno;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
        if (list) ::freeaddrinfo(list);
    });
    std::vector<Endpoint> addresses;
    for (const addrinfo* each = error == 0 ? found : nullptr; each; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        Endpoint address = Address(each->ai_addr, each->ai_addrlen).endpoint_with_zone();
        address.port = endpoint.port;
        addresses.push_back(std::move(address));
    }
    if (!addresses.empty()) return addresses;
    return std::unexpected(error == EAI_SYSTEM ? std::generic_category().message(system_error)
                           : error != 0        ? ::gai_strerror(error)
                                               : "it has neither IPv4 nor IPv6 addresses");
}

std::vector<Endpoint> resolve(const Endpoint& endpoint) {
    auto addresses = look_up(endpoint);
    if (addresses) return std::move(*addresses);
    throw Failure(Exit::machine, code::kCannotResolve,
                  fmt::format("\"{}\" has no address", endpoint.host), std::move(addresses.error()),
                  "is the name right? An IP address needs no look-up");
}

}  // namespace sni::net
