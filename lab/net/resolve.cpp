#include "lab/net/resolve.h"

#include <cerrno>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/signals.h"

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

std::optional<Result<std::vector<Endpoint>, std::string>> look_up_until(
    const Endpoint& endpoint, Clock::time_point deadline,
    std::function<Result<std::vector<Endpoint>, std::string>(const Endpoint&)> how) {
    using Found = Result<std::vector<Endpoint>, std::string>;
    if (!how) how = [](const Endpoint& name) { return look_up(name); };
    if (endpoint.kind != Endpoint::Kind::name) return how(endpoint);
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<Found> found;
        std::exception_ptr failure;
    };
    const auto shared = std::make_shared<Shared>();
    try {
        start_thread([shared, endpoint, how = std::move(how)] {
            std::optional<Found> found;
            std::exception_ptr failure;
            try {
                found = how(endpoint);
            } catch (const std::exception&) {
                failure = std::current_exception();
            }
            const std::lock_guard lock(shared->mutex);
            shared->found = std::move(found);
            shared->failure = failure;
            shared->changed.notify_all();
        }).detach();
    } catch (const std::system_error&) {
        return Found(std::unexpected("no thread could be started to look it up"));
    }
    std::unique_lock lock(shared->mutex);
    shared->changed.wait_until(lock, deadline,
                               [&] { return shared->found.has_value() || shared->failure; });
    if (shared->failure) std::rethrow_exception(shared->failure);
    return shared->found;
}

std::vector<Endpoint> resolve(const Endpoint& endpoint) {
    auto addresses = look_up(endpoint);
    if (addresses) return std::move(*addresses);
    throw Failure(Exit::machine, code::kCannotResolve,
                  fmt::format("\"{}\" has no address", endpoint.host), std::move(addresses.error()),
                  "is the name right? An IP address needs no look-up");
}

}  // namespace sni::net
