// A router with stub backends, its records gathered for the test.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "lab/router/router.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/peer.h"

namespace sni::test {

/// The name that most routes of these tests are for.
inline const std::string kName = "httpbin.example.com";

inline route::Route route_to(std::string_view pattern, std::vector<Endpoint> backends) {
    route::Route route{route::HostPattern::parse(pattern).value(), {}};
    for (Endpoint& backend : backends) {
        route.backends.push_back({std::move(backend), 1});
    }
    return route;
}

class RouterLab {
  public:
    explicit RouterLab(std::vector<route::Route> routes, router::Options options = {})
        : router_(route::RouteTable(std::move(routes)), with_defaults(std::move(options))) {}

    router::Router& router() { return router_; }
    const Endpoint& address() const { return router_.listening().front(); }
    Peer client() const { return Peer::to(address()); }
    /// A client that has sent `wire`.
    Peer client(const Buffer& wire) const {
        Peer peer = client();
        peer.send(wire);
        return peer;
    }
    /// Waits until `count` connections have ended.
    std::vector<router::SessionRecord> records(std::size_t count) {
        std::unique_lock lock(mutex_);
        const bool all = filed_.wait_for(lock, kPatience, [&] { return records_.size() >= count; });
        REQUIRE(all);
        return records_;
    }
    router::SessionRecord record() { return records(1).front(); }

  private:
    router::Options with_defaults(router::Options options) {
        if (options.listen.empty()) options.listen = {loopback(0)};
        if (options.threads == 0) options.threads = 2;
        options.on_record = [this](const router::SessionRecord& record) {
            const std::lock_guard lock(mutex_);
            records_.push_back(record);
            filed_.notify_all();
        };
        return options;
    }

    std::mutex mutex_;
    std::condition_variable filed_;
    std::vector<router::SessionRecord> records_;
    router::Router router_;
};

/// Until a client waits for `backend` alone, or patience ends.
inline void wait_until_dialled(RouterLab& lab, const Endpoint& backend) {
    const auto is_dialled = [&](const router::LiveConnection& each) {
        return each.state == router::LiveConnection::State::dialling && each.backend == backend;
    };
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!std::ranges::any_of(lab.router().snapshot(1)->connections, is_dialled) &&
           std::chrono::steady_clock::now() < until) {
    }
}

/// A backend that answers with a name at once, and then waits for the end.
inline Stub::Handler says(std::string name) {
    return [name = std::move(name)](Peer peer) {
        peer.send(bytes_of(name));
        peer.finish();
        peer.end();
    };
}

/// Which backend a client with this first flight reaches.
inline std::string reached(RouterLab& lab, const Buffer& wire) {
    Peer client = lab.client(wire);
    client.finish();
    const Buffer answer = client.read_all();
    return std::string(as_text(answer));
}

}  // namespace sni::test
