#include "lab/backend/backend.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "certs/inspect.h"
#include "lab/backend/poller.h"
#include "lab/backend/tls_context.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"

namespace sni::backend {

namespace {

/// Threads that sleep in /delay or wait for slow readers, beside those that run.
constexpr std::size_t kMostThreads = 512;

/// Half of what the process may open: the router and everything else live here too.
std::size_t affordable_connections(std::size_t wanted) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
    return std::clamp<std::size_t>(files.rlim_cur / 2, 16, std::max<std::size_t>(wanted, 16));
}

CertFacts leaf_of(const std::string& chain_pem) {
    const auto chain = certs::inspect(chain_pem);
    if (chain) return chain->front();
    throw Failure(Exit::usage, code::kBackendCertificate, "the backend cannot use its certificate",
                  chain.error());
}

}  // namespace

class Backend::Impl {
  public:
    explicit Impl(Options options)
        : context_(make_tls_context(options)),
          listener_(net::bind_listener(options.listen)),
          listening_(net::local_endpoint(listener_.fd())),
          interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          server_(listener_.fd()),
          workers_(std::max(2u, std::thread::hardware_concurrency()), kMostThreads),
          service_{.tls = context_.get(),
                   .site = {.name = std::move(options.name),
                            .certificate = leaf_of(options.chain_pem),
                            .identity = std::move(options.identity),
                            .pause = [this](auto time) { return pause(time); }},
                   .server = server_,
                   .workers = workers_,
                   .limits = options.limits,
                   .access_log = std::move(options.access_log),
                   .interrupt = interrupt_.fd(),
                   .accept_proxy = std::move(options.accept_proxy)} {
        service_.limits.connections = affordable_connections(options.limits.connections);
        poller_ = std::make_unique<Poller>(std::move(listener_), service_);
    }

    ~Impl() { stop(std::chrono::milliseconds(0)); }

    const Endpoint& listening() const { return listening_; }

    void stop(std::chrono::milliseconds grace) {
        service_.stopping = true;
        {
            const std::lock_guard lock(stopping_);
            poller_->stop();
        }
        if (!poller_->wait_until_empty(grace)) ::eventfd_write(interrupt_.fd(), 1);
        const std::lock_guard lock(stopping_);
        workers_.finish();  // interrupted, they end at once
    }

  private:
    /// poll() rather than a condition: one descriptor ends sleeping handlers and stalled writes.
    bool pause(std::chrono::milliseconds time) {
        const WorkerPool::Blocking blocking(workers_);
        pollfd interrupt{.fd = interrupt_.fd(), .events = POLLIN};
        return ::poll(&interrupt, 1, static_cast<int>(time.count())) == 0;
    }

    SslContextPtr context_;
    net::Descriptor listener_;  ///< until the poller has it
    Endpoint listening_;
    net::Descriptor interrupt_;
    LabServer server_;
    WorkerPool workers_;
    Service service_;
    std::mutex stopping_;
    std::unique_ptr<Poller> poller_;
};

Backend::Backend(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Backend::~Backend() = default;

Endpoint Backend::listening() const {
    return impl_->listening();
}

void Backend::stop(std::chrono::milliseconds grace) {
    impl_->stop(grace);
}

}  // namespace sni::backend
