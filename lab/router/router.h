// The SNI router as a running thing: listeners, threads and their sessions. It holds no key and no
// certificate.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lab/core/cidr.h"
#include "lab/core/endpoint.h"
#include "lab/net/loop/liveness.h"
#include "lab/net/loop/pipe_pool.h"
#include "lab/net/resolve.h"
#include "lab/proxy/header.h"
#include "lab/route/route_table.h"
#include "lab/router/names.h"
#include "lab/router/session_record.h"
#include "lab/router/snapshot.h"
#include "lab/tls/client_hello.h"

namespace sni::router {

/// Deadlines and sizes. `hello` is absolute from accept; `idle` ends a connection that moved no
/// byte for so long, and `half_closed` the same once one side has finished sending; 0: never, and
/// as `idle`.
struct Limits {
    std::chrono::milliseconds hello{10'000};
    std::size_t hello_bytes = 65'536;
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds idle{3'600'000};
    std::chrono::milliseconds half_closed{300'000};
};

/// What a client gets that cannot be routed: the fitting TLS alert, a FIN, or a reset as Envoy's
/// clients see it.
enum class Refuse { alert, close, reset };

/// Sees one connection, on its thread. What it throws ends that connection.
class Observer : public net::RelayObserver {
  public:
    /// Nothing more comes; the record is whole. Where there is no memory for that, it tells of a
    /// connection that was relayed how it ended, and nothing else.
    virtual void ended(const SessionRecord& record) noexcept = 0;
};

struct Options {
    std::vector<Endpoint> listen;
    /// Every client goes to `non_tls`, which must be there, whatever it says: nothing is waited for
    /// and nothing read before that is dialled, but a PROXY header.
    bool blind = false;
    /// Of each connection, once it is known for whom it is: the record has client, proxy source and
    /// the time. Empty: nobody looks.
    std::function<std::unique_ptr<Observer>(const SessionRecord&)> observe;
    unsigned threads = 0;  ///< 0: one per core
    Limits limits;
    Refuse refuse = Refuse::alert;
    tls::TrailingDot trailing_dot = tls::TrailingDot::refuse;
    /// How often names are looked up again; 0: never. A reload does it in any case.
    std::chrono::milliseconds resolve_every{30'000};
    /// A name without an address is a Failure at the start, and at a reload one whose look-up
    /// brings none. Else its route alone has no backend, until it has one.
    bool require_names = false;
    LookUp look_up = net::look_up;  ///< of a name; may block, and is called from any thread
    /// Whoever starts or reloads waits for look-ups no longer once this is true: names without an
    /// answer are as those whose answer comes late. Empty: it waits.
    std::function<bool()> stops;
    std::optional<Endpoint> non_tls;  ///< where clients go that speak no TLS; nothing: refused
    /// What backends are told of the client, in front of its bytes; nothing: nothing.
    std::optional<proxy::Version> proxy_protocol;
    /// Peers that must say for whom they connect, and are believed. Everybody else must not.
    std::vector<Cidr> accept_proxy;
    bool fingerprint = false;  ///< records have the hello's JA4
    std::size_t max_connections =
        0;  ///< at the limit the listeners pause; 0: as many as descriptors allow
    std::size_t spare_descriptors = 0;  ///< not for connections: for others in this process
    /// What a connection takes in this process: more where its backend is in it, too.
    std::size_t descriptors_each = 2;
    /// What hellos that wait for their rest or for a backend may hold together, an equal share on
    /// each thread. Beyond it the oldest of them goes.
    std::size_t max_stalled = 64u << 20;
    /// What may be held together for sides that do not read, an equal share on each thread. Beyond
    /// it the one that took nothing for longest is cut.
    std::size_t max_held = 64u << 20;
    /// Pipes of 1 MiB through which bulk goes without being copied (splice(2)), and no more than
    /// there are descriptors to spare for; 0: everything is copied.
    std::size_t max_pipes = net::PipePool::kMost;
    /// How peers that vanished are found out, on both legs.
    net::Liveness liveness{.keepalive = std::chrono::minutes(2), .user_timeout = {}};
    /// Called once for each connection when it ends, from the router's threads; must not block.
    std::function<void(SessionRecord&&)> on_record;
    /// Called when a thread cannot accept for a reason that does not pass by itself, once until it
    /// can again, from that thread; must not block.
    std::function<void(const Endpoint& listening, int error)> on_trouble;
};

/// Options::threads, or what 0 of it means here.
unsigned threads_of(const Options& options);

/// The flag that has Options::non_tls, as logs and messages name the route to it.
constexpr const char* non_tls_flag(const Options& options) {
    return options.blind ? "--to" : "--non-tls";
}

class Table;

/// The constructor binds every address and starts to route; it throws Failure(Exit::machine) when a
/// port is in use or forbidden, and two routers never share a port. DNS names among the backends
/// are looked up here, and waited for for five seconds at most. A backend that is one of its own
/// listeners is Failure(Exit::usage, code::kRouteToSelf). The destructor stops it.
class Router {
  public:
    Router(route::RouteTable routes, Options options);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    /// In the order of Options::listen, with the real ports.
    const std::vector<Endpoint>& listening() const;
    /// How many connections may be open at once: Options::max_connections, or what the descriptors
    /// that were left at the start allow, Options::descriptors_each for each.
    std::size_t max_connections() const;
    /// What the descriptors that were left at the start allow, whatever the options say.
    std::size_t descriptors_allow() const;
    std::size_t threads() const;
    /// The routes of now, and which of their backends rest.
    std::shared_ptr<const Table> table() const;
    /// From all threads, each asked between two turns of its own, with up to `connections` live
    /// ones of each. Nothing when a thread does not answer for a while, as when they end.
    std::optional<Snapshot> snapshot(std::size_t connections = 0) const;
    /// New connections go by `routes` from now on; those that are open go on. Looks names up and
    /// refuses as the constructor does, and changes nothing when it throws. A name that was known
    /// keeps its addresses when it cannot be looked up now, but for Options::require_names.
    void reload(route::RouteTable routes);
    /// Begins what stop() with a grace begins with, and waits for nothing.
    void stop_accepting();
    /// Stops accepting, lets connections finish for `grace`, then cuts the rest; says how many were
    /// cut. Idempotent. Another thread may call it meanwhile, to shorten the grace.
    std::size_t stop(std::chrono::milliseconds grace = std::chrono::milliseconds(0));

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::router
