#include "lab/router/dial.h"

#include <cerrno>
#include <utility>
#include <vector>

#include "lab/net/loop/race.h"

namespace sni::router {

namespace {

void note_failure(int error, SessionRecord& record) {
    const net::Error failure(error);
    record.error = error;
    record.outcome = failure.timed_out()      ? Outcome::backend_timeout
                     : failure.exhausted()    ? Outcome::no_descriptors
                     : failure.own_shortage() ? Outcome::failed
                                              : Outcome::backend_down;
}

/// What a peer did says more than that there is no way to it, and that more than a shortage here.
int tells(int error) {
    if (net::Error(error).own_shortage()) return 0;
    return error == ENETUNREACH ? 1 : 2;
}

/// Adds what a race tries to the record, also when its client or the router ends it.
class CountedTries {
  public:
    CountedTries(const net::Race& race, SessionRecord& record) : race_(race), record_(record) {}
    ~CountedTries() { record_.tries = static_cast<std::uint16_t>(record_.tries + race_.tries()); }
    CountedTries(const CountedTries&) = delete;
    CountedTries& operator=(const CountedTries&) = delete;

  private:
    const net::Race& race_;
    SessionRecord& record_;
};

/// The address of the name that answers first; nothing when none does, and the record says why.
net::Task<std::optional<net::Socket>> dial_name(net::Socket& client, const route::Backend& backend,
                                                const Table& table, WorkerContext& context,
                                                SessionRecord& record) {
    const std::vector<Address> addresses = table.addresses(backend.endpoint, context.loop.now());
    std::vector<Endpoint> endpoints;
    endpoints.reserve(addresses.size());
    for (const Address& address : addresses) {
        endpoints.push_back(address.endpoint);
    }
    if (endpoints.empty()) {
        record.outcome = Outcome::backend_down;
        co_return std::nullopt;
    }
    net::Race racing(client, std::move(endpoints), context.options.limits.connect);
    const CountedTries counted(racing, record);
    net::RaceResult race = co_await racing;
    int told = 0;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const int error = race.errors[i];
        // Those that had a quarter of a second, and another one answered.
        const bool silent = error == EINPROGRESS && race.socket && i < race.winner;
        const bool failed = error != 0 && error != EINPROGRESS;
        if (silent || (failed && !net::Error(error).own_shortage()))
            addresses[i].health->refused(context.loop.now());
        if (!failed || race.socket || tells(error) < told) continue;
        told = tells(error);
        record.address = addresses[i].endpoint;
        note_failure(error, record);
    }
    if (!race.socket) co_return std::nullopt;
    record.address = addresses[race.winner].endpoint;
    addresses[race.winner].health->answered();
    co_return std::move(race.socket);
}

}  // namespace

net::Task<std::optional<net::Socket>> dial(net::Socket& client, const route::Route& route,
                                           const Table& table, WorkerContext& context,
                                           SessionRecord& record) {
    record.outcome = Outcome::backend_down;  // where there is none to dial
    for (const route::Backend* backend : table.candidates(route, context.loop.now())) {
        // A stop may end the dial, or the client: then nothing is known of this backend.
        record.outcome = Outcome::cut;
        record.error = 0;
        record.address.reset();
        record.backend = backend->endpoint;
        std::optional<net::Socket> socket;
        if (backend->endpoint.kind == Endpoint::Kind::name) {
            socket = co_await dial_name(client, *backend, table, context, record);
        } else {
            ++record.tries;
            try {
                socket = co_await net::connect(client, backend->endpoint,
                                               context.options.limits.connect);
            } catch (const net::Error& error) {
                if (error.unwanted()) throw;
                note_failure(error.number(), record);
            }
        }
        if (socket) {
            table.answered(*backend);
            co_return socket;
        }
        const bool own_fault =
            record.outcome == Outcome::no_descriptors || record.outcome == Outcome::failed;
        if (!own_fault) table.refused(*backend, context.loop.now());
    }
    co_return std::nullopt;
}

}  // namespace sni::router
