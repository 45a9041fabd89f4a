// The SNI router as a running thing: listeners, threads and their sessions. It holds no key and no
// certificate.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/route/route_table.h"
#include "lab/router/session_record.h"
#include "lab/tls/client_hello.h"

namespace sni::router {

/// Deadlines and sizes. `hello` is absolute from accept; `idle` ends a connection
/// that moved no byte for so long.
struct Limits {
    std::chrono::milliseconds hello{10'000};
    std::size_t hello_bytes = 65'536;
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds idle{3'600'000};
};

/// What a client gets that cannot be routed: the fitting TLS alert, a FIN, or a reset as Envoy's
/// clients see it.
enum class Refuse { alert, close, reset };

struct Options {
    std::vector<Endpoint> listen;
    unsigned threads = 0;  ///< 0: one per core
    Limits limits;
    Refuse refuse = Refuse::alert;
    tls::TrailingDot trailing_dot = tls::TrailingDot::refuse;
    std::optional<Endpoint> non_tls;  ///< where clients go that speak no TLS; nothing: refused
    std::size_t max_connections =
        0;  ///< at the limit the listeners pause; 0: as many as descriptors allow
    /// Called once for each connection when it ends, from the router's threads; must not block.
    std::function<void(const SessionRecord&)> on_record;
};

/// The constructor binds every address and starts to route; it throws Failure(Exit::machine) when a
/// port is in use or forbidden, and two routers never share a port. DNS names among the backends
/// are resolved here, once. The destructor stops it.
class Router {
  public:
    Router(route::RouteTable routes, Options options);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    /// In the order of Options::listen, with the real ports.
    const std::vector<Endpoint>& listening() const;
    /// How many connections may be open at once: Options::max_connections, or what the descriptors
    /// that were left at the start allow, two for each.
    std::size_t max_connections() const;
    /// New connections go by `routes` from now on; those that are open go on. Resolves names as the
    /// constructor does, and changes nothing when it throws.
    void reload(route::RouteTable routes);
    /// Stops accepting, lets connections finish for `grace`, then cuts the rest; says how many were
    /// cut. Idempotent. Another thread may call it meanwhile, to shorten the grace.
    std::size_t stop(std::chrono::milliseconds grace = std::chrono::milliseconds(0));

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::router
