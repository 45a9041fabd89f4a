// One client connection from accept to relay: hello, route, dial.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "lab/net/net.h"
#include "lab/router/router.h"
#include "lab/router/session_record.h"
#include "lab/router/table.h"

namespace sni::router {

/// What the sessions of one thread share. Outlives them all; only its own thread touches it, but
/// for `live`.
struct Desk {
    net::Loop& loop;
    const Options& options;
    std::shared_ptr<const Table> table;
    std::function<void()> on_end;  ///< a session ended, and its record is filed
    std::atomic<std::size_t> live = 0;
};

/// Serves `client` until its relay takes over, or it is refused. Its record is filed when the
/// connection ends, whichever way that is.
net::Task<> serve(net::Socket client, Desk& desk);

}  // namespace sni::router
