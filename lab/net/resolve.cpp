#include "lab/net/resolve.h"

#include <memory>

#include <fmt/format.h>
#include <netdb.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"

namespace sni::net {

std::vector<Endpoint> resolve(const Endpoint& endpoint) {
    if (endpoint.kind != Endpoint::Kind::name) return {endpoint};
    // RFC 6761 §6.3: localhost is loopback whatever a resolver says, and where there is none.
    if (endpoint.host == "localhost" || endpoint.host.ends_with(".localhost")) {
        return {loopback(endpoint.port), {Endpoint::Kind::ipv6, "::1", endpoint.port}};
    }

    // §6.4: .invalid has no address, and no resolver needs to be asked.
    const bool invalid = endpoint.host == "invalid" || endpoint.host.ends_with(".invalid");
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error =
        invalid ? EAI_NONAME : ::getaddrinfo(endpoint.host.c_str(), nullptr, &wanted, &found);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
        if (list) ::freeaddrinfo(list);
    });
    std::vector<Endpoint> addresses;
    for (const addrinfo* each = error == 0 ? found : nullptr; each; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        Endpoint address = Address(each->ai_addr, each->ai_addrlen).endpoint();
        address.port = endpoint.port;
        addresses.push_back(std::move(address));
    }
    if (addresses.empty()) {
        throw Failure(Exit::machine, code::kCannotResolve,
                      fmt::format("\"{}\" has no address", endpoint.host),
                      error != 0 ? ::gai_strerror(error) : "",
                      "names are looked up once, at load; write an IP address to do without");
    }
    return addresses;
}

}  // namespace sni::net
