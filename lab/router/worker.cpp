#include "lab/router/worker.h"

#include <chrono>
#include <exception>
#include <utility>

namespace sni::router {

namespace {

/// The kernel hands out a client that it kept back within one retransmission of its SYN-ACK.
constexpr std::chrono::milliseconds kUndefer{1'100};

}  // namespace

Worker::Worker(const Options& options, std::shared_ptr<const Table> table, net::PipePool& pipes,
               std::function<void()> on_end, unsigned number, unsigned of)
    : loop(&pipes, options.max_held / of),
      context{.loop = loop,
              .options = options,
              .table = CurrentTable(std::move(table)),
              .on_end = std::move(on_end),
              .stalled = StalledHellos(options.max_stalled / of),
              .next_id = number + 1,
              .id_step = of} {
    loop.set_liveness(options.liveness);
}

Worker::~Worker() {
    if (thread.joinable()) {
        loop.stop();
        thread.join();
    }
    loop.clear();  // while the listeners that its tasks wait on are still there
}

void Worker::listen(net::Descriptor bound, net::Quota& quota) {
    listeners.emplace_back(loop, std::move(bound), quota, context.options.on_trouble);
    net::Listener& listener = listeners.back();
    if (context.options.blind) listener.defer_no_more();
    loop.spawn(net::serve_all(
        loop, listener, [this](net::Socket client) { return serve(std::move(client), context); }));
}

net::Task<> Worker::close_listeners() {
    bool kept_back = false;
    for (net::Listener& listener : listeners) {
        kept_back |= listener.stop_deferring();
    }
    if (kept_back) co_await loop.sleep(kUndefer);
    for (net::Listener& listener : listeners) {
        while (std::optional<net::Socket> client = listener.accept_waiting()) {
            try {
                loop.spawn(serve(std::move(*client), context));
            } catch (const std::exception&) {
                continue;  // no memory for this one
            }
        }
        listener.close();
    }
    accepting = false;
    context.on_end();
}

std::optional<int> Worker::trouble() const {
    for (const net::Listener& listener : listeners) {
        if (const auto error = listener.trouble()) return error;
    }
    return std::nullopt;
}

}  // namespace sni::router
