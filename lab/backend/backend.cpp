#include "lab/backend/backend.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "certs/inspect.h"
#include "lab/backend/activity.h"
#include "lab/backend/poller.h"
#include "lab/backend/tls_context.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"
#include "lab/net/descriptor_limit.h"

namespace sni::backend {

namespace {

/// Uses at most half of the descriptor limit; the rest is for the router in the same process.
std::size_t affordable_connections(std::size_t wanted) {
    return std::clamp<std::size_t>(net::descriptor_limit() / 2, 16,
                                   std::max<std::size_t>(wanted, 16));
}

CertFacts leaf_of(const std::string& chain_pem) {
    const auto chain = certs::inspect(chain_pem);
    if (chain) return chain->front();
    throw Failure(Exit::usage, code::kBackendCertificate, "the backend cannot use its certificate",
                  chain.error());
}

/// Whoever ends TLS in between may hold the keys of all that is served, and must not be able to
/// sign.
void refuse_served_identity(const Options& options) {
    if (!options.identity || !options.identity->public_key().is_key_in(options.chain_pem)) return;
    throw Failure(Exit::usage, code::kBadIdentity,
                  "the identity is the key of a certificate that is served",
                  "whoever ends TLS with that key could sign the backend's statements",
                  "name a file that is not there yet with --identity: a new identity is made");
}

/// What /env may show; captured once, since reading it later would race.
std::map<std::string, std::string> shown_environment() {
    constexpr std::string_view kPrefix = "HTTPBIN_ENV_";
    std::map<std::string, std::string> shown;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view variable = *entry;
        const std::size_t equals = variable.find('=');
        if (!variable.starts_with(kPrefix) || equals == std::string_view::npos) continue;
        shown.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    return shown;
}

}  // namespace

class Backend::Impl {
  public:
    explicit Impl(Options options)
        : options_(std::move(options)),
          environment_(shown_environment()),
          serving_(make_serving()),
          listener_(net::bind_listener(options_.listen, "--listen")),
          plain_listener_(options_.plain ? net::bind_listener(*options_.plain, "--plain")
                                         : net::Descriptor()),
          listening_(net::local_endpoint(listener_.fd())),
          workers_(options_.threads > 0 ? options_.threads
                                        : std::max(2u, std::thread::hardware_concurrency())),
          service_(make_service(false)),
          plain_service_(make_service(true)) {
        if (plain_listener_) {
            listening_plain_ = net::local_endpoint(plain_listener_.fd());
            pollers_.push_back(
                std::make_unique<Poller>(std::move(plain_listener_), plain_service_));
        }
        pollers_.push_back(std::make_unique<Poller>(std::move(listener_), service_));
    }

    ~Impl() { stop(std::chrono::milliseconds(0)); }

    const Endpoint& listening() const { return listening_; }
    const std::optional<Endpoint>& listening_plain() const { return listening_plain_; }

    const std::string& name() const { return options_.name; }
    SeenSessions seen_sessions() const { return activity_.sessions.newest_first(); }

    Snapshot snapshot() const {
        const WorkerPool::Load load = workers_.load();
        Snapshot snapshot{.held_bytes = held_,
                          .max_held_bytes = options_.limits.held_bytes,
                          .max_body_bytes = options_.limits.body_bytes,
                          .max_hello_bytes = options_.limits.hello_bytes,
                          .threads = load.threads,
                          .running = load.running,
                          .queued = load.queued,
                          .accepted = activity_.accepted,
                          .established = activity_.established,
                          .resumed = activity_.resumed,
                          .failed = activity_.failed,
                          .crowded_out = activity_.crowded_out,
                          .made_room = activity_.made_room,
                          .over_held = activity_.over_held,
                          .too_large = activity_.too_large,
                          .answer_bytes = activity_.answer_bytes,
                          .cut_answers = activity_.cut_answers};
        std::ranges::copy(activity_.answers, snapshot.answers.begin());
        for (const auto& poller : pollers_) {
            snapshot.connections += poller->sessions();
            snapshot.hello_bytes += poller->hello_bytes();
            snapshot.max_connections += service_.limits.connections;
        }
        return snapshot;
    }

    /// When it stops its threads are on their way to their end, and waited for by stop().
    bool responds(std::chrono::milliseconds within) {
        const auto done = std::make_shared<std::promise<void>>();
        auto reached = done->get_future();
        {
            const std::lock_guard lock(stopping_);
            if (service_.stopping) return true;
            workers_.post([done] { done->set_value(); });
        }
        return std::ranges::all_of(pollers_,
                                   [&](const auto& poller) { return poller->responds(within); }) &&
               reached.wait_for(within) == std::future_status::ready;
    }

    void reload(std::string chain_pem, certs::KeyPem key) {
        const std::lock_guard lock(reloading_);
        std::swap(options_.chain_pem, chain_pem);
        std::swap(options_.key, key);
        try {
            serving_.set(make_serving());
        } catch (...) {
            std::swap(options_.chain_pem, chain_pem);
            std::swap(options_.key, key);
            throw;
        }
    }

    void stop(std::chrono::milliseconds grace) {
        service_.stopping = true;
        plain_service_.stopping = true;
        {
            const std::lock_guard lock(stopping_);
            for (const auto& poller : pollers_) {
                poller->stop();
            }
        }
        const auto until = std::chrono::steady_clock::now() + grace;
        for (const auto& poller : pollers_) {
            const auto left = until - std::chrono::steady_clock::now();
            poller->wait_until_empty(std::chrono::ceil<std::chrono::milliseconds>(left));
            poller->cut();
        }
        const std::lock_guard lock(stopping_);
        for (const auto& poller : pollers_) {
            poller->finish();
        }
        workers_.finish();
    }

  private:
    /// Its TLS context points into options_, which outlives every connection.
    std::shared_ptr<const Serving> make_serving() {
        refuse_served_identity(options_);
        auto serving = std::make_shared<Serving>();
        serving->tls = make_tls_context(options_);
        serving->site = {.name = options_.name,
                         .certificate = leaf_of(options_.chain_pem),
                         .identity = options_.identity,
                         .key_log = static_cast<bool>(options_.key_log),
                         .environment = environment_};
        return serving;
    }

    Service make_service(bool plain) {
        Limits limits = options_.limits;
        limits.connections = affordable_connections(limits.connections) / (options_.plain ? 2 : 1);
        return {.plain = plain,
                .serving = serving_,
                .writer = writer_,
                .workers = workers_,
                .activity = activity_,
                .limits = limits,
                .access_log = options_.access_log,
                .fault = options_.fault,
                .slow = options_.slow,
                .accept_proxy = options_.accept_proxy,
                .held = held_};
    }

    Options options_;
    const std::map<std::string, std::string> environment_;
    std::mutex reloading_;
    CurrentServing serving_;
    net::Descriptor listener_;  ///< until its poller has it
    net::Descriptor plain_listener_;
    Endpoint listening_;
    std::optional<Endpoint> listening_plain_;
    std::atomic<std::size_t> held_ = 0;
    Activity activity_;
    web::AnswerWriter writer_;
    WorkerPool workers_;
    Service service_;
    Service plain_service_;
    std::mutex stopping_;
    std::vector<std::unique_ptr<Poller>> pollers_;
};

Backend::Backend(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Backend::~Backend() = default;

Endpoint Backend::listening() const {
    return impl_->listening();
}

std::optional<Endpoint> Backend::listening_plain() const {
    return impl_->listening_plain();
}

const std::string& Backend::name() const {
    return impl_->name();
}

Snapshot Backend::snapshot() const {
    return impl_->snapshot();
}

SeenSessions Backend::seen_sessions() const {
    return impl_->seen_sessions();
}

bool Backend::responds(std::chrono::milliseconds within) const {
    return impl_->responds(within);
}

void Backend::reload(std::string chain_pem, certs::KeyPem key) {
    impl_->reload(std::move(chain_pem), std::move(key));
}

void Backend::stop(std::chrono::milliseconds grace) {
    impl_->stop(grace);
}

}  // namespace sni::backend
