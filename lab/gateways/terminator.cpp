#include "lab/gateways/terminator.h"

#include <memory>
#include <utility>

#include "lab/gateways/connection.h"

namespace sni::gateways {

namespace {

Server::Serve terminate(const TerminatorOptions& options) {
    const auto& pair = options.ends_with;
    const auto way = std::make_shared<const Way>(
        options.backend, pair ? ending_context(pair->chain_pem, pair->key) : nullptr,
        options.encrypts ? beginning_context() : nullptr, options.idle);
    return [way](net::PlainStream client, unsigned /*number*/, const net::Wakeup& stop) {
        Connection(*way, stop).serve(std::move(client));
    };
}

}  // namespace

Terminator::Terminator(const TerminatorOptions& options)
    : server_({options.listen, options.max_connections, options.refused}, terminate(options)) {}

}  // namespace sni::gateways
