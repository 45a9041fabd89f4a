#include "lab/router/names.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>

#include "lab/router/access_log.h"
#include "lab/router/table.h"
#include "tests/support/catch.h"
#include "tests/support/router_lab.h"

namespace router_names_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Names;

namespace {

const std::string kHost = "a.example.com";
const Endpoint kBackendName{Endpoint::Kind::name, "backend.example", 443};

Endpoint v4(const std::string& host) {
    return {Endpoint::Kind::ipv4, host, 443};
}
Endpoint v6(const std::string& host) {
    return {Endpoint::Kind::ipv6, host, 443};
}

/// A resolver whose answer the test changes.
class Resolver {
  public:
    using Answer = Result<std::vector<Endpoint>, std::string>;
    explicit Resolver(Answer first) : answer_(std::move(first)) {}
    void answer(Answer next) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(next);
    }
    router::LookUp look_up() {
        return [this](const Endpoint&) {
            const std::lock_guard lock(mutex_);
            ++asked;
            return answer_;
        };
    }
    std::atomic<int> asked = 0;

  private:
    std::mutex mutex_;
    Answer answer_;
};

/// Shut until somebody opens it.
class Gate {
  public:
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

std::vector<Endpoint> endpoints_of(const router::Name& name) {
    std::vector<Endpoint> endpoints;
    const router::Name::Addresses known = name.addresses();  // they may change meanwhile
    for (const router::Address& address : *known) {
        endpoints.push_back(address.endpoint);
    }
    return endpoints;
}

/// Until `is_so`, or patience ends.
template <class Predicate>
bool comes_true(const Predicate& is_so) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

router::Options with(Resolver& resolver) {
    router::Options options;
    options.threads = 1;
    options.look_up = resolver.look_up();
    return options;
}

}  // namespace

TEST_CASE("a name's addresses are tried with their families in turns", "[router]") {
    router::Name name;
    name.found({v6("::1"), v6("::2"), v6("::3"), v4("10.0.0.1")}, false);
    CHECK(endpoints_of(name) == std::vector{v6("::1"), v4("10.0.0.1"), v6("::2"), v6("::3")});
}

TEST_CASE("an address that stays keeps what is known of it", "[router]") {
    router::Name name;
    const auto now = router::Health::Clock::now();
    name.found({v4("10.0.0.1"), v4("10.0.0.2")}, false);
    name.addresses()->at(1).health->refused(now);
    name.found({v4("10.0.0.2"), v4("10.0.0.3")}, false);
    CHECK(name.addresses()->at(0).health->rests(now));
    CHECK_FALSE(name.addresses()->at(1).health->rests(now));
}

TEST_CASE("names are looked up as often as that is asked for, and dead ones every 5 s",
          "[router]") {
    const std::chrono::milliseconds every = GENERATE(1s, 5s, 7s, 30s);
    const auto start = router::Rounds::Clock::now();
    router::Rounds rounds(every, start);
    std::vector<std::chrono::nanoseconds> all;
    auto before = start;
    while (all.size() < 3) {
        const auto now = rounds.next();
        CHECK(now - before <= 5s);
        before = now;
        if (rounds.begin(now)) all.push_back(now - start);
    }
    CHECK(all == std::vector<std::chrono::nanoseconds>{every, 2 * every, 3 * every});
}

TEST_CASE("a round that breaks off is made up for as soon as dead names are asked again",
          "[router]") {
    const auto start = router::Rounds::Clock::now();
    router::Rounds rounds(1h, start);
    CHECK(rounds.begin(start + 1h));
    rounds.broke_off();
    CHECK(rounds.next() == start + 1h + 5s);
    CHECK(rounds.begin(start + 1h + 5s));
    CHECK_FALSE(rounds.begin(start + 1h + 10s));
}

TEST_CASE("to look a name up takes no memory but the look-up's own, whose want is the name's",
          "[router]") {
    /// As a copy is where there is no memory for it.
    struct NeverCopied {
        explicit NeverCopied(const std::atomic<bool>& forbids) : forbidden(forbids) {}
        NeverCopied(const NeverCopied& other) : forbidden(other.forbidden) {
            if (forbidden) throw std::bad_alloc();
        }
        ~NeverCopied() = default;
        NeverCopied& operator=(const NeverCopied&) = delete;
        bool operator()(const Endpoint&) const { return false; }
        const std::atomic<bool>& forbidden;
    };
    std::atomic<bool> short_of_memory = false;
    std::atomic<bool> look_up_too = false;
    Names names(
        [&](const Endpoint&) -> Resolver::Answer {
            if (look_up_too) throw std::bad_alloc();
            return std::vector{v4("10.0.0.1")};
        },
        0ms);
    names.leave_out(NeverCopied(short_of_memory));
    short_of_memory = true;
    const router::NameMap found = names.look_up({kBackendName});
    names.watch(found);
    CHECK(endpoints_of(*found.at(kBackendName)) == std::vector{v4("10.0.0.1")});
    look_up_too = true;
    names.look_up({kBackendName});
    CHECK(found.at(kBackendName)->error() == "std::bad_alloc");
    CHECK(endpoints_of(*found.at(kBackendName)) == std::vector{v4("10.0.0.1")});
}

TEST_CASE("names are looked up again, and keep their addresses when that fails", "[router]") {
    Resolver resolver(std::vector{v4("10.0.0.1")});
    Names names(resolver.look_up(), 10ms);
    const router::NameMap found = names.look_up({kBackendName});
    names.watch(found);
    const auto name = found.at(kBackendName);
    CHECK(endpoints_of(*name) == std::vector{v4("10.0.0.1")});
    resolver.answer(std::unexpected("no resolver answers"));
    CHECK(comes_true([&] { return name->error() == "no resolver answers"; }));
    CHECK(endpoints_of(*name) == std::vector{v4("10.0.0.1")});
    resolver.answer(std::vector{v4("10.0.0.2")});
    CHECK(comes_true([&] { return endpoints_of(*name) == std::vector{v4("10.0.0.2")}; }));
    CHECK(name->error().empty());
}

TEST_CASE("a name is known by all tables that follow, and looked up for each", "[router]") {
    Resolver resolver(std::vector{v4("10.0.0.1")});
    Names names(resolver.look_up(), 0ms);
    const auto before = names.look_up({kBackendName}).at(kBackendName);
    names.watch({{kBackendName, before}});
    resolver.answer(std::vector{v4("10.0.0.2")});
    CHECK(names.look_up({kBackendName}).at(kBackendName) == before);
    CHECK(endpoints_of(*before) == std::vector{v4("10.0.0.2")});
    CHECK(resolver.asked == 2);
    // A table that is looked up and never used takes nothing away.
    names.look_up({{Endpoint::Kind::name, "other.example", 443}});
    CHECK(names.look_up({kBackendName}).at(kBackendName) == before);
}

TEST_CASE("a reload that is refused leaves the names before being looked up again", "[router]") {
    Resolver resolver(std::vector{v4("10.0.0.1")});
    Names names(resolver.look_up(), 10ms);
    const router::NameMap before = names.look_up({kBackendName});
    names.watch(before);
    names.look_up({{Endpoint::Kind::name, "other.example", 443}});
    resolver.answer(std::vector{v4("10.0.0.2")});
    const router::Name& name = *before.at(kBackendName);
    CHECK(comes_true([&] { return endpoints_of(name) == std::vector{v4("10.0.0.2")}; }));
}

TEST_CASE("a look-up that hangs holds up neither the start for long, nor other names, nor the end",
          "[router]") {
    const auto gate = std::make_shared<Gate>();
    const auto began = std::chrono::steady_clock::now();
    {
        Names names(
            [gate](const Endpoint& name) -> Resolver::Answer {
                if (name != kBackendName) return std::vector{v4("10.0.0.1")};
                gate->wait();
                return std::unexpected("late");
            },
            0ms);
        const Endpoint other{Endpoint::Kind::name, "other.example", 443};
        const auto both = names.look_up({kBackendName, other});
        CHECK(endpoints_of(*both.at(other)) == std::vector{v4("10.0.0.1")});
        CHECK(both.at(kBackendName)->error() == "no answer yet");
    }
    CHECK(std::chrono::steady_clock::now() - began < 15s);
    gate->open();
}

TEST_CASE("a stop ends the wait for a look-up, whose answer may still come", "[router]") {
    const auto gate = std::make_shared<Gate>();
    const auto began = std::chrono::steady_clock::now();
    Names names(
        [gate](const Endpoint&) -> Resolver::Answer {
            gate->wait();
            return std::vector{v4("10.0.0.1")};
        },
        0ms, [began] { return std::chrono::steady_clock::now() > began + 50ms; });
    const auto name = names.look_up({kBackendName}).at(kBackendName);
    CHECK(std::chrono::steady_clock::now() - began < 900ms);
    CHECK(name->error() == "no answer yet");
    gate->open();
    CHECK(comes_true([&] { return endpoints_of(*name) == std::vector{v4("10.0.0.1")}; }));
}

TEST_CASE("a silent address costs its clients a moment, and the next one nothing", "[router]") {
    const DeafBackend silent;
    const Stub live(echo);
    Resolver resolver(std::vector{silent.endpoint(), live.endpoint()});
    RouterLab lab({route_to(kHost, {kBackendName})}, with(resolver));
    const Buffer wire = hello_for(kHost);
    for (const int tries : {2, 1}) {
        Peer client = lab.client(wire);
        CHECK(client.read(wire.size()) == wire);
        client.finish();
        client.end();
        const auto records = lab.records(tries == 2 ? 1 : 2);
        CHECK(records.back().tries == tries);
        CHECK(records.back().address == live.endpoint());
        CHECK(records.back().backend == kBackendName);
        CHECK(records.back().error == 0);
    }
}

TEST_CASE("a name whose addresses all refuse is told with the last one and its errno", "[router]") {
    Resolver resolver(std::vector{loopback(1), loopback(2)});
    RouterLab lab({route_to(kHost, {kBackendName})}, with(resolver));
    Peer client = lab.client(hello_for(kHost));
    client.finish();
    client.end();
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == router::Outcome::backend_down);
    CHECK(record.error == ECONNREFUSED);
    CHECK(record.address == loopback(2));
    CHECK(record.tries == 2);
}

TEST_CASE("an address behind those that one connection tries is the next one's", "[router]") {
    const Stub live(echo);
    std::vector<Endpoint> addresses;
    for (std::uint16_t port = 1; port <= 16; ++port) {
        addresses.push_back(loopback(port));
    }
    addresses.push_back(live.endpoint());
    Resolver resolver(addresses);
    RouterLab lab({route_to(kHost, {kBackendName})}, with(resolver));
    const Buffer wire = hello_for(kHost);
    {
        Peer client = lab.client(wire);
        client.finish();
        client.end();
        CHECK(lab.record().tries == 16);
    }
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("addresses that are all silent end with the connect timeout, once for all", "[router]") {
    const DeafBackend first, second, third;
    Resolver resolver(std::vector{first.endpoint(), second.endpoint(), third.endpoint()});
    router::Options options = with(resolver);
    options.limits.connect = 400ms;
    RouterLab lab({route_to(kHost, {kBackendName})}, std::move(options));
    Peer client = lab.client(hello_for(kHost));
    client.finish();
    client.end();
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == router::Outcome::backend_timeout);
    CHECK(record.error == ETIMEDOUT);
    CHECK(record.tries == 3);
}

TEST_CASE("an address that is dialled when its client resets, or the router stops, is counted",
          "[router]") {
    const bool stops = GENERATE(false, true);
    const DeafBackend silent;
    Resolver resolver(std::vector{silent.endpoint()});
    router::Options options = with(resolver);
    options.limits.connect = 1h;
    RouterLab lab({route_to(kHost, {kBackendName})}, std::move(options));
    Peer client = lab.client(hello_for(kHost));
    wait_until_dialled(lab, kBackendName);
    stops ? static_cast<void>(lab.router().stop()) : client.reset();
    if (stops) CHECK(client.end() == End::reset);  // nobody shall take it for an end
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == (stops ? router::Outcome::cut : router::Outcome::client_reset));
    CHECK(record.tries == 1);
    CHECK(router::to_json(record).contains(R"("error":null)"));
}

TEST_CASE("a dead name is its own route's failure, and is served once it has an address",
          "[router]") {
    const Stub live(echo);
    Resolver resolver(std::unexpected("Name or service not known"));
    router::Options options = with(resolver);
    options.resolve_every = 10ms;
    RouterLab lab({route_to(kHost, {kBackendName}), route_to("b.example.com", {live.endpoint()})},
                  std::move(options));
    CHECK(unresolved(*lab.router().table()).front().message ==
          "\"backend.example\" has no address");
    const auto served = [&](const std::string& host) {
        const Buffer wire = hello_for(host);
        Peer client = lab.client(wire);
        client.finish();
        return client.read(wire.size()) == wire;
    };
    CHECK(served("b.example.com"));
    CHECK_FALSE(served(kHost));
    // Two threads file them, in either order.
    const auto records = lab.records(2);
    CHECK(std::ranges::count(records, router::Outcome::backend_down,
                             &router::SessionRecord::outcome) == 1);
    resolver.answer(std::vector{live.endpoint()});
    CHECK(comes_true([&] { return unresolved(*lab.router().table()).empty(); }));
    CHECK(served(kHost));
}

TEST_CASE("a name without an address ends the start when that is asked for", "[router]") {
    Resolver resolver(std::unexpected("Name or service not known"));
    router::Options options = with(resolver);
    options.require_names = true;
    options.listen = {loopback(0)};
    CHECK_THROWS_AS(
        router::Router(route::RouteTable({route_to(kHost, {kBackendName})}), std::move(options)),
        Failure);
}

TEST_CASE("a name that is gone keeps its last addresses, which a reload tells or is refused for",
          "[router]") {
    const Stub live(echo);
    Resolver resolver(std::vector{live.endpoint()});
    router::Options options = with(resolver);
    options.require_names = GENERATE(false, true);
    const bool strict = options.require_names;
    RouterLab lab({route_to(kHost, {kBackendName})}, std::move(options));
    CHECK(unresolved(*lab.router().table()).empty());
    resolver.answer(std::unexpected("Name or service not known"));
    const auto reload = [&] {
        lab.router().reload(route::RouteTable({route_to(kHost, {kBackendName})}));
    };
    if (strict) {
        CHECK_THROWS_AS(reload(), Failure);
    } else {
        reload();
        const auto told = unresolved(*lab.router().table());
        REQUIRE(told.size() == 1);
        CHECK(told.front().message ==
              "\"backend.example\" has no address any more, and keeps its last ones");
        CHECK(told.front().why == "Name or service not known");
    }
    const Buffer wire = hello_for(kHost);
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("a name that comes to lead to the router itself is not dialled", "[router]") {
    const Stub live(echo);
    Resolver resolver(std::vector{live.endpoint()});
    router::Options options = with(resolver);
    options.resolve_every = 10ms;
    RouterLab lab({route_to(kHost, {kBackendName})}, std::move(options));
    const auto table = lab.router().table();
    resolver.answer(std::vector{lab.address()});
    CHECK(comes_true([&] { return table->name(kBackendName)->leads_here(); }));
    CHECK(table->name(kBackendName)->addresses()->empty());
    CHECK_THROWS_AS(lab.router().reload(route::RouteTable({route_to(kHost, {kBackendName})})),
                    Failure);
}

}  // namespace router_names_test
