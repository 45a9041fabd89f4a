// One thread's part of a router: its loop, its share of the listeners, and the sessions they bring.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "lab/net/loop/net.h"
#include "lab/router/serve.h"

namespace sni::router {

/// All that it is given outlives it. Whoever wants a thread for the loop puts it into `thread`.
struct Worker {
    /// The `number`th from 0 `of` so many, which share the limits of `options` equally. `on_end` is
    /// called when a session has ended, and when it no longer accepts.
    Worker(const Options& options, std::shared_ptr<const Table> table, net::PipePool& pipes,
           std::function<void()> on_end, unsigned number, unsigned of);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Serves the clients of `bound`, a socket of net::bind_listeners(). Before the loop runs.
    void listen(net::Descriptor bound, net::Quota& quota);
    /// Whoever has connected is served, silent or not; only who is beyond the quota, and waits, is
    /// reset. On the loop.
    net::Task<> close_listeners();
    /// The errno that keeps it from accepting, if one does. On the loop.
    std::optional<int> trouble() const;

    net::Loop loop;
    WorkerContext context;
    std::deque<net::Listener> listeners;
    std::thread thread;
    std::atomic<bool> accepting = true;
    std::size_t cut = 0;  ///< of the thread, until it is joined
};

}  // namespace sni::router
