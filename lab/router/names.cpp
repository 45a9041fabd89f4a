#include "lab/router/names.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <list>
#include <set>
#include <thread>
#include <utility>

#include "lab/net/signals.h"
#include "lab/route/backoff.h"

namespace sni::router {

namespace {

/// What a new name gets to answer before its route begins without it, and what a known one gets.
constexpr std::chrono::milliseconds kNewPatience{5'000};
constexpr std::chrono::milliseconds kKnownPatience{1'000};
/// Whoever waits for them looks so often whether it is to stop.
constexpr std::chrono::milliseconds kLook{20};
/// A name without an address is asked for again so soon.
constexpr std::chrono::milliseconds kDeadEvery{5'000};
/// Resolvers take their time; so many may do so at once.
constexpr std::size_t kLookers = 16;
/// A name may have thousands of addresses; more than so many are not kept.
constexpr std::size_t kMostAddresses = 1'024;

/// Families in turns, beginning with that of the first.
std::vector<Endpoint> interleaved(const std::vector<Endpoint>& endpoints) {
    std::vector<Endpoint> first, second, mixed;
    for (const Endpoint& each : endpoints) {
        (each.kind == endpoints.front().kind ? first : second).push_back(each);
    }
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) mixed.push_back(std::move(first[i]));
        if (i < second.size()) mixed.push_back(std::move(second[i]));
    }
    if (mixed.size() > kMostAddresses) mixed.resize(kMostAddresses);
    return mixed;
}

}  // namespace

void Health::answered() {
    if (refusals_.load(std::memory_order_relaxed) == 0) return;
    refusals_ = 0;
    rests_until_ = Clock::time_point::min();
}

void Health::refused(Clock::time_point now) {
    // Connections that were under way when it began to rest say nothing new.
    if (rests_until_.load() <= now) rests_until_ = now + route::rest_after(++refusals_);
}

Name::Addresses Name::addresses() const {
    const std::lock_guard lock(mutex_);
    return addresses_;
}

std::string Name::error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

bool Name::leads_here() const {
    const std::lock_guard lock(mutex_);
    return leads_here_;
}

void Name::found(const std::vector<Endpoint>& endpoints, bool leads_here) {
    const Addresses before = addresses();
    std::vector<Address> now;
    for (Endpoint& endpoint : interleaved(endpoints)) {
        const auto known = std::ranges::find(*before, endpoint, &Address::endpoint);
        now.push_back({std::move(endpoint),
                       known == before->end() ? std::make_shared<Health>() : known->health});
    }
    // What may fail comes first: then nothing has changed.
    auto addresses_now = std::make_shared<const std::vector<Address>>(std::move(now));
    std::string error = endpoints.empty() ? "it is an address where this router listens" : "";
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(addresses_now);
    error_ = std::move(error);
    leads_here_ = leads_here;
}

void Name::failed(std::string why) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(why);
}

Rounds::Rounds(std::chrono::milliseconds every, Clock::time_point now)
    : every_(every), all_(now + every), dead_(now + std::min(every, kDeadEvery)) {}

bool Rounds::begin(Clock::time_point now) {
    const bool all = now >= all_;
    if (all) all_ = now + every_;
    dead_ = now + std::min(every_, kDeadEvery);
    return all;
}

void Rounds::broke_off() {
    all_ = std::min(all_, dead_);
}

/// Shared with threads that are inside a look-up when nobody waits for it any more. What those run
/// takes no memory but in a look-up itself, whose failure is told as the name's.
struct Names::State : std::enable_shared_from_this<Names::State> {
    using IsOwn = std::function<bool(const Endpoint&)>;
    struct Job {
        Endpoint endpoint;
        std::shared_ptr<Name> name;
    };

    /// What is watched, or is being looked up for a table that may never be; nullptr: nothing.
    std::shared_ptr<Name> known(const Endpoint& endpoint) const {
        for (const NameMap* names : {wanted.get(), &asked}) {
            if (const auto found = names->find(endpoint); found != names->end())
                return found->second;
        }
        return nullptr;
    }

    /// Throws where there is no memory for that, and then nothing changes.
    void ask(const Endpoint& endpoint, const std::shared_ptr<Name>& name) {
        std::list<Job> job;
        job.push_back({endpoint, name});
        const std::lock_guard lock(mutex);
        if (!asked.try_emplace(endpoint, name).second) return;
        jobs.splice(jobs.end(), job);
        if (lookers >= kLookers) return;
        try {
            net::start_thread([state = shared_from_this()] { state->work(); }).detach();
            ++lookers;
        } catch (const std::exception&) {
            if (lookers > 0) return;  // they will come to it
            jobs.clear();
            asked.clear();
            fail(*name, "no thread could be started to look it up");
        }
    }

    void work() noexcept {
        std::list<Job> job;
        std::unique_lock lock(mutex);
        while (!jobs.empty() && !ending) {
            job.splice(job.end(), jobs, jobs.begin());
            const auto is_own = own;
            lock.unlock();
            look(job.front(), is_own.get());
            lock.lock();
            asked.erase(job.front().endpoint);
            job.clear();
            changed.notify_all();
        }
        --lookers;
    }

    void look(const Job& job, const IsOwn* is_own) const noexcept {
        try {
            auto found = look_up(job.endpoint);
            if (!found) return job.name->failed(std::move(found.error()));
            const auto others = is_own ? std::erase_if(*found, std::cref(*is_own)) : 0;
            job.name->found(*found, others > 0);
        } catch (const std::exception& error) {
            fail(*job.name, error.what());
        }
    }

    static void fail(Name& name, const char* why) noexcept {
        try {
            name.failed(why);
        } catch (const std::exception&) {
            return;  // no memory for a word; the one before stays
        }
    }

    LookUp look_up;
    std::mutex mutex;
    std::condition_variable changed;
    std::list<Job> jobs;
    NameMap asked;  // and not answered
    std::size_t lookers = 0;
    bool ending = false;
    std::shared_ptr<const IsOwn> own;  // null: nobody asks
    std::shared_ptr<const NameMap> wanted = std::make_shared<const NameMap>();
};

/// Asks again, every so often.
class Names::Clockwork {
  public:
    Clockwork(std::shared_ptr<State> state, std::chrono::milliseconds every)
        : state_(std::move(state)), every_(every), thread_(net::start_thread([this] { run(); })) {}
    ~Clockwork() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Clockwork(const Clockwork&) = delete;
    Clockwork& operator=(const Clockwork&) = delete;

  private:
    void run() noexcept {
        Rounds rounds(every_, Rounds::Clock::now());
        std::unique_lock lock(mutex_);
        while (!changed_.wait_until(lock, rounds.next(), [this] { return ending_; })) {
            try {
                ask(rounds.begin(Rounds::Clock::now()));
            } catch (const std::exception&) {
                rounds.broke_off();  // no memory, in practice
            }
        }
    }

    void ask(bool all_again) {
        std::shared_ptr<const NameMap> wanted;
        {
            const std::lock_guard lock(state_->mutex);
            wanted = state_->wanted;
        }
        for (const auto& [endpoint, name] : *wanted) {
            if (all_again || name->addresses()->empty()) state_->ask(endpoint, name);
        }
    }

    std::shared_ptr<State> state_;
    const std::chrono::milliseconds every_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ending_ = false;
    std::thread thread_;
};

Names::Names(LookUp look_up, std::chrono::milliseconds every, std::function<bool()> stops)
    : state_(std::make_shared<State>()), every_(every), stops_(std::move(stops)) {
    state_->look_up = std::move(look_up);
}

Names::~Names() {
    clockwork_.reset();
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
}

void Names::leave_out(std::function<bool(const Endpoint&)> is_own) {
    auto own = std::make_shared<const State::IsOwn>(std::move(is_own));
    const std::lock_guard lock(state_->mutex);
    state_->own = std::move(own);
}

NameMap Names::look_up(const std::vector<Endpoint>& endpoints) {
    // First, since it is what may fail.
    if (!endpoints.empty() && every_.count() > 0 && !clockwork_)
        clockwork_ = std::make_unique<Clockwork>(state_, every_);
    NameMap wanted;
    std::set<Endpoint> fresh;
    std::unique_lock lock(state_->mutex);
    for (const Endpoint& endpoint : endpoints) {
        const std::shared_ptr<Name> known = state_->known(endpoint);
        if (!known || known->addresses()->empty()) fresh.insert(endpoint);
        wanted.try_emplace(endpoint, known ? known : std::make_shared<Name>());
    }
    lock.unlock();
    for (const auto& [endpoint, name] : wanted) {
        state_->ask(endpoint, name);
    }
    const auto await = [&](const auto& some, std::chrono::steady_clock::time_point until) {
        const auto answered = [&] {
            return std::ranges::none_of(
                some, [&](const Endpoint& endpoint) { return state_->asked.contains(endpoint); });
        };
        while (std::chrono::steady_clock::now() < until && !(stops_ && stops_())) {
            if (state_->changed.wait_for(lock, kLook, answered)) return;
        }
    };
    const auto began = std::chrono::steady_clock::now();
    lock.lock();
    await(endpoints, began + kKnownPatience);
    await(fresh, began + kNewPatience);
    return wanted;
}

void Names::watch(NameMap names) {
    auto wanted = std::make_shared<const NameMap>(std::move(names));
    const std::lock_guard lock(state_->mutex);
    state_->wanted.swap(wanted);  // those before go once nobody is kept waiting
}

}  // namespace sni::router
