// One client connection from accept to relay: hello, route, dial.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "certs/digest.h"
#include "lab/net/loop/net.h"
#include "lab/router/router.h"
#include "lab/router/session_record.h"
#include "lab/router/snapshot.h"
#include "lab/router/stalled_hellos.h"
#include "lab/router/table.h"
#include "lab/tls/ja4_memo.h"

namespace sni::router {

class Session;

/// What the sessions of one thread share. Outlives them all; only its own thread touches it, but
/// for `table` and `live`. So its counters are plain numbers.
struct WorkerContext {
    net::Loop& loop;
    const Options& options;
    CurrentTable table;
    std::function<void()> on_end;  ///< a session ended, and its record is filed
    StalledHellos stalled;
    std::uint64_t next_id;
    std::uint64_t
        id_step;  ///< as many as there are contexts, so that ids are of one connection each
    std::atomic<std::size_t> live = 0;
    tls::Ja4Memo fingerprints{certs::sha256};
    std::size_t peak = 0;       ///< the most that were live since memory was last given back
    Counters counters{};        ///< of sessions that ended
    Session* newest = nullptr;  ///< of those that have not, each of which knows the one before
};

/// Serves `client` until its relay takes over, or it is refused. Its record is filed when the
/// connection ends, whichever way that is.
net::Task<> serve(net::Socket client, WorkerContext& context);

/// What the context has seen and sees, with at most `connections` of the live ones by name.
Snapshot look(const WorkerContext& context, std::size_t connections);

}  // namespace sni::router
