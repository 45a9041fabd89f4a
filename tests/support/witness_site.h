// A witness in this process, before a service that is the test's.
#pragma once

#include <optional>
#include <thread>

#include "certs/identity.h"
#include "lab/admin/server.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/match/match.h"
#include "lab/router/router.h"
#include "lab/witness/ops.h"
#include "lab/witness/record.h"
#include "tests/support/catch.h"

namespace sni::test {

class WitnessSite {
  public:
    explicit WitnessSite(const Endpoint& service, std::size_t keep = 100,
                         router::Options options = {},
                         certs::Identity identity = certs::Identity::make())
        : identity_(std::move(identity)),
          record_(keep, {}),
          ops_(record_, identity_, "shop/pay"),
          router_(route::RouteTable(), with_defaults(std::move(options), service)),
          admin_(loopback(0), ops_.pages()) {
        ops_.ready(router_);
    }

    const Endpoint& address() const { return router_.listening().front(); }
    const Endpoint& page() const { return admin_.local(); }
    const witness::Record& record() const { return record_; }
    const certs::IdentityPublicKey& identity() const { return identity_.public_key(); }
    /// `document` as this witness would have signed it.
    std::string vouch_for(const std::string& document) const {
        return proof::encode(
            proof::Envelope{document, identity_.sign(as_bytes(proof::witness_bytes(document)))});
    }
    /// Until its record reaches back far enough for any probe.
    void grow_old() const {
        while (!record_.answer({.within = std::chrono::seconds(1)}, "").complete()) {
            std::this_thread::yield();
        }
    }
    /// Lets its connections end, so that the record has them all.
    void stop() { router_.stop(std::chrono::seconds(20)); }
    /// Stops, and gives what it saw as the reader of its log would have it.
    proof::WitnessRecord recorded(const std::string& name) {
        stop();
        const witness::Record::Figures figures = record_.figures();
        proof::WitnessRecord record{
            .name = name, .since = figures.complete_since, .until = figures.time};
        for (proof::WitnessedSession& session : record_.sessions()) {
            if (session.hellos.empty()) {
                ++record.not_tls;
            } else {
                record.sessions.push_back(carried(std::move(session)));
            }
        }
        return record;
    }

    /// A probe that goes by `gateway`, judged by what this witness says.
    proof::Check check(const Endpoint& gateway, client::Probe probe = {}) const {
        probe.gateway = gateway;
        probe.sni = "httpbin.example.com";
        probe.witness = page();
        probe.timeout = std::chrono::seconds(20);
        return proof::judge(client::observe(probe, identity()),
                            {.identity_key_id = identity().key_id(), .now = wall_clock()}, "any");
    }

  private:
    router::Options with_defaults(router::Options options, const Endpoint& service) {
        router::Options ours = witness::relay(service, record_);
        ours.accept_proxy = std::move(options.accept_proxy);
        ours.proxy_protocol = options.proxy_protocol;
        return ours;
    }

    const certs::Identity identity_;
    witness::Record record_;
    witness::Ops ops_;
    router::Router router_;
    admin::Server admin_;
};

}  // namespace sni::test
