#include "lab/router/router.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/descriptor_limit.h"
#include "lab/net/loop/net.h"
#include "lab/net/own_address.h"
#include "lab/net/signals.h"
#include "lab/router/worker.h"

namespace sni::router {

namespace {

using Clock = std::chrono::steady_clock;

/// Kept free for what is opened beside connections: files, resolver. Logs are open already.
constexpr std::size_t kReserve = 4;
/// A worker that does not answer in this time is reported as stalled.
constexpr std::chrono::milliseconds kLookPatience{1'000};

/// Two descriptors each, of which connections should have most.
std::size_t pipes_allowed(const Options& options) {
    return std::min(options.max_pipes, net::descriptor_limit() / 32);
}

std::size_t connections_allowed(std::size_t pipes, const Options& options) {
    const std::size_t free = net::free_descriptors();
    const std::size_t spared = 2 * pipes + options.spare_descriptors + kReserve;
    return free > spared ? std::max<std::size_t>(1, (free - spared) / options.descriptors_each) : 1;
}

bool leads_to_any(const Endpoint& address, const std::vector<Endpoint>& listening) {
    return std::ranges::any_of(listening,
                               [&](const Endpoint& here) { return net::leads_to(address, here); });
}

/// Routes that lead to the router itself: one client would loop until descriptors end.
std::vector<Diagnostic> loops_in(const Table& table, const std::vector<Endpoint>& listening,
                                 const char* what_non_tls) {
    std::vector<Diagnostic> loops;
    const auto look = [&](const route::Route& route, const std::string& what) {
        for (const route::Backend& backend : route.backends) {
            const Name* name = table.name(backend.endpoint);
            if (name ? !name->leads_here() : !leads_to_any(backend.endpoint, listening)) continue;
            loops.push_back(
                {.code = std::string(code::kRouteToSelf),
                 .message = fmt::format("{} leads to {}, where this router listens itself", what,
                                        to_string(backend.endpoint)),
                 .why =
                     "a client would be passed on to the router again, until its descriptors end",
                 .hint = "name the backend's own address and port"});
        }
    };
    for (const route::Route& route : table.routes().routes()) {
        look(route, fmt::format("the route \"{}\"", route.pattern.text()));
    }
    if (table.non_tls()) look(*table.non_tls(), what_non_tls);
    return loops;
}

}  // namespace

unsigned threads_of(const Options& options) {
    return options.threads > 0 ? options.threads
                               : std::max(1u, std::thread::hardware_concurrency());
}

class Router::Impl {
  public:
    Impl(route::RouteTable routes, Options options)
        : options_(std::move(options)),
          pipes_(pipes_allowed(options_)),
          names_(options_.look_up, options_.resolve_every, options_.stops) {
        const unsigned threads = threads_of(options_);
        std::vector<std::vector<net::Descriptor>> bound;
        bound.reserve(options_.listen.size());
        for (const Endpoint& endpoint : options_.listen) {
            bound.push_back(net::bind_listeners(endpoint, threads, "--listen"));
            listening_.push_back(net::bound_to(bound.back().front()));
            net::set_user_timeout(options_.liveness, bound.back().front().fd());
        }
        names_.leave_out([listening = listening_](const Endpoint& address) {
            return leads_to_any(address, listening);
        });
        table_ = make_table(std::move(routes));
        names_.watch(table_->names());
        workers_.reserve(threads);
        for (unsigned i = 0; i < threads; ++i) {
            workers_.push_back(std::make_unique<Worker>(
                options_, table_, pipes_, [this] { session_ended(); }, i, threads));
        }
        allowed_ = connections_allowed(pipes_.most(), options_);
        quota_ = std::make_unique<net::Quota>(
            options_.max_connections > 0 ? options_.max_connections : allowed_);
        for (std::vector<net::Descriptor>& shared : bound) {
            for (unsigned i = 0; i < threads; ++i) {
                workers_[i]->listen(std::move(shared[i]), *quota_);
            }
        }
        for (const auto& worker : workers_) {
            worker->thread = net::start_thread([&loop = worker->loop] { loop.run(); });
        }
    }

    ~Impl() { stop(std::chrono::milliseconds(0)); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    const std::vector<Endpoint>& listening() const { return listening_; }
    std::size_t max_connections() const { return quota_->limit(); }
    std::size_t descriptors_allow() const { return allowed_; }
    std::size_t threads() const { return workers_.size(); }
    std::shared_ptr<const Table> table() const {
        const std::lock_guard lock(table_mutex_);
        return table_;
    }

    std::optional<Snapshot> snapshot(std::size_t connections) const {
        if (ended_) return std::nullopt;
        std::vector<std::future<Snapshot>> answers;
        for (const auto& worker : workers_) {
            const auto answer = std::make_shared<std::promise<Snapshot>>();
            answers.push_back(answer->get_future());
            worker->loop.post([&worker = *worker, answer, connections] {
                Snapshot one = look(worker.context, connections);
                one.trouble = worker.trouble();
                answer->set_value(std::move(one));
            });
        }
        const Clock::time_point until = Clock::now() + kLookPatience;
        Snapshot all{.pipes = pipes_.made(), .pipes_most = pipes_.most()};
        for (std::future<Snapshot>& answer : answers) {
            if (answer.wait_until(until) != std::future_status::ready) return std::nullopt;
            try {
                all += answer.get();
            } catch (const std::future_error&) {
                return std::nullopt;  // it had no memory to answer
            }
        }
        return all;
    }

    void reload(route::RouteTable routes) {
        const auto table = make_table(std::move(routes));
        const std::lock_guard lock(table_mutex_);  // of two reloads, one is last on every thread
        names_.watch(table->names());
        table_ = table;
        for (const auto& worker : workers_) {
            worker->context.table.set(table);
        }
    }

    void stop_accepting() {
        const std::lock_guard lock(mutex_);
        if (!stopping_) close_listeners();
    }

    std::size_t stop(std::chrono::milliseconds grace) {
        std::unique_lock lock(mutex_);
        until_ = std::min(until_, Clock::now() + grace);
        changed_.notify_all();
        if (stopping_) {
            changed_.wait(lock, [this] { return stopped_; });
            return cut_;
        }
        stopping_ = true;
        if (grace.count() > 0) drain(lock);
        lock.unlock();
        const std::size_t cut = end_threads();
        lock.lock();
        cut_ = cut;
        stopped_ = true;
        changed_.notify_all();
        return cut_;
    }

  private:
    std::shared_ptr<const Table> make_table(route::RouteTable routes) {
        NameMap names = names_.look_up(Table::names_in(routes, options_.non_tls));
        auto table =
            std::make_shared<const Table>(std::move(routes), options_.non_tls, std::move(names));
        std::vector<Diagnostic> wrong = loops_in(*table, listening_, non_tls_flag(options_));
        if (options_.require_names)
            std::ranges::move(unresolved(*table), std::back_inserter(wrong));
        if (!wrong.empty()) {
            const bool loop = wrong.front().code == code::kRouteToSelf;
            throw Failure(loop ? Exit::usage : Exit::machine, std::move(wrong));
        }
        return table;
    }

    void close_listeners() {
        if (std::exchange(closing_, true)) return;
        for (const auto& worker : workers_) {
            try {
                worker->loop.post(
                    [&worker = *worker] { worker.loop.spawn(worker.close_listeners()); });
            } catch (const std::exception&) {
                continue;  // no memory: they close with their thread
            }
        }
    }

    void drain(std::unique_lock<std::mutex>& lock) {
        close_listeners();
        // until_ may move closer while we wait.
        while (!idle() && Clock::now() < until_) {
            const Clock::time_point until = until_;
            changed_.wait_until(lock, until);
        }
    }

    std::size_t end_threads() {
        ended_ = true;
        std::size_t cut = 0;
        for (const auto& worker : workers_) {
            try {
                worker->loop.post([&worker = *worker] {
                    worker.cut = worker.context.live;
                    worker.loop.stop();
                });
            } catch (const std::exception&) {
                worker->loop.stop();  // no memory to count
            }
        }
        for (const auto& worker : workers_) {
            if (worker->thread.joinable()) worker->thread.join();
            cut += worker->cut;
        }
        return cut;
    }

    bool idle() const {
        return std::ranges::all_of(workers_, [](const auto& worker) {
            return !worker->accepting && worker->context.live == 0;
        });
    }

    /// Only a drain waits for that; its lock keeps the news from falling between look and wait.
    void session_ended() {
        if (!stopping_) return;
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    }

    const Options options_;
    net::PipePool pipes_;
    Names names_;
    std::size_t allowed_ = 0;
    std::unique_ptr<net::Quota> quota_;
    std::vector<Endpoint> listening_;
    mutable std::mutex table_mutex_;
    std::shared_ptr<const Table> table_;  // guarded by table_mutex_

    std::mutex mutex_;
    std::condition_variable changed_;
    bool closing_ = false;  // guarded by mutex_
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> ended_ = false;
    bool stopped_ = false;
    std::size_t cut_ = 0;
    Clock::time_point until_ = Clock::time_point::max();

    // Last, so that sessions go before what they refer to.
    std::vector<std::unique_ptr<Worker>> workers_;
};

Router::Router(route::RouteTable routes, Options options)
    : impl_(std::make_unique<Impl>(std::move(routes), std::move(options))) {}

Router::~Router() = default;

const std::vector<Endpoint>& Router::listening() const {
    return impl_->listening();
}

std::size_t Router::max_connections() const {
    return impl_->max_connections();
}

std::size_t Router::descriptors_allow() const {
    return impl_->descriptors_allow();
}

std::size_t Router::threads() const {
    return impl_->threads();
}

std::shared_ptr<const Table> Router::table() const {
    return impl_->table();
}

std::optional<Snapshot> Router::snapshot(std::size_t connections) const {
    return impl_->snapshot(connections);
}

void Router::reload(route::RouteTable routes) {
    impl_->reload(std::move(routes));
}

void Router::stop_accepting() {
    impl_->stop_accepting();
}

std::size_t Router::stop(std::chrono::milliseconds grace) {
    return impl_->stop(grace);
}

}  // namespace sni::router
