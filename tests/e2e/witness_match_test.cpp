// A thousand connections of clients that are not ours, a witness at either side, and a gateway in
// between that reads one in twenty.
#include <array>
#include <mutex>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/gateways/server.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/browser.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"
#include "tests/support/splice.h"
#include "tests/support/tls_client.h"
#include "tests/support/witness_site.h"

namespace e2e_witness_match_test {

using namespace sni;
using namespace sni::test;
using proof::Fate;

namespace {

constexpr std::size_t kConnections = 1'000;
constexpr std::size_t kKeep = 20'000;
const std::string kHost = "httpbin.example.com";

/// Passes on, but for every twentieth connection that says hello, which it reads. One that ends
/// before it said anything, as browsers open them in advance, counts for nothing.
class OneInTwenty {
  public:
    explicit OneInTwenty(const Endpoint& to)
        : to_(to),
          reads_({.backend = to,
                  .chain_pem = lab_certificate().chain_pem(),
                  .key = lab_certificate().key}),
          door_({loopback(0), 64, {}}, [this](net::PlainStream client, unsigned,
                                              const net::Wakeup&) { serve(std::move(client)); }) {}

    Endpoint listening() const { return door_.listening(); }
    std::set<Digest> read() const {
        const std::lock_guard lock(mutex_);
        return hellos_;
    }
    std::size_t greeted() const {
        const std::lock_guard lock(mutex_);
        return greeted_;
    }

  private:
    void serve(net::PlainStream socket) {
        const int fd = socket.release();
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        Peer client((net::Descriptor(fd)));
        const Buffer record = client.peek_record();
        if (record.empty()) return;
        Peer service = Peer::to(reads(record) ? reads_.listening() : to_);
        splice(client, service);
    }
    bool reads(Bytes record) {
        const std::lock_guard lock(mutex_);
        const bool reads = greeted_++ % 20 == 0;
        if (reads) hellos_.insert(certs::sha256(record.subspan(5)));
        return reads;
    }

    const Endpoint to_;
    gateways::CheatingGateway reads_;
    mutable std::mutex mutex_;
    std::size_t greeted_ = 0;
    std::set<Digest> hellos_;
    gateways::Server door_;
};

/// By each client that is installed, and by ours until the gateway heard a thousand hellos.
void connect_often(const WitnessSite& to, const OneInTwenty& gateway) {
    const std::string at = to_string(to.address());
    if (have("curl")) {
        const Finished ran = run_program({"curl", "-sk", "--parallel", "--parallel-max", "8", "-H",
                                          "Connection: close", "-o", "/dev/null", "--connect-to",
                                          fmt::format("{}:443:{}", kHost, at),
                                          fmt::format("https://{}/bytes/[1000-1399]", kHost)});
        CHECK(ran.status == 0);
    }
    if (have("wrk")) {
        run_program({"wrk", "-t1", "-c8", "-d1s", "-H", "Connection: close",
                     fmt::format("https://{}/bytes/2000", at)});
    }
    if (have_chromium()) {
        dump_dom(fmt::format("https://{}/html", kHost),
                 {"--ignore-certificate-errors",
                  fmt::format("--host-resolver-rules=MAP {} {}", kHost, at)});
    }
    WARN(gateway.greeted() << " connections of other clients");
    for (std::size_t i = 0; gateway.greeted() < kConnections; ++i) {
        TlsClient client(
            to.address(),
            {.alpn = {"http/1.1"}, .max_version = i % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION});
        CHECK(client.get("/bytes/3000").status == 200);
    }
}

}  // namespace

TEST_CASE("of a thousand connections of many clients exactly those are named that were read",
          "[e2e][witness][match]") {
    const backend::Backend backend(backend_options());
    WitnessSite at_service(backend.listening(), kKeep);
    const OneInTwenty gateway(at_service.address());
    WitnessSite at_clients(gateway.listening(), kKeep);
    connect_often(at_clients, gateway);

    const proof::WitnessRecord clients = at_clients.recorded("clients");
    const std::array services{at_service.recorded("service")};
    REQUIRE(clients.sessions.size() >= kConnections);
    const proof::Matching found = match(clients, services);
    const std::set<Digest> read = gateway.read();
    CHECK(read.size() >= kConnections / 20);
    std::size_t named = 0;
    std::size_t given_up = 0;  // by wrk, which ends with its connections open
    for (const proof::Matched& one : found.sessions) {
        INFO(one.session->peer << " " << one.session->ja4 << ": " << to_string(one.fate) << ", "
                               << one.why);
        // Those with TLS 1.2 are given a ticket, whose key would open them; nobody read them here.
        const bool ticket = one.fate == Fate::readable;
        if (ticket) CHECK(one.session->server->version == "TLSv1.2");
        const bool unread = one.fate == Fate::passed || one.fate == Fate::cut || ticket;
        if (one.fate == Fate::incomplete) {
            ++given_up;
        } else {
            CHECK(unread != read.contains(one.session->hello));
            named += unread ? 0 : 1;
        }
    }
    CHECK(given_up <= 8);
    CHECK(named + given_up >= read.size());

    const test::Ran ran =
        run({"match", to_string(at_clients.page()), to_string(at_service.page()), "--json"});
    const auto counts = nlohmann::json::parse(ran.out)["counts"];
    // Of one that was given up before the gateway dialled the service never saw anything: 4.
    const std::size_t alone = counts["routed elsewhere"];
    CHECK(alone <= 8);
    CHECK(ran.status == (alone == 0 ? 1 : 4));
    CHECK(counts["re-encrypted"] == named - alone);
}

}  // namespace e2e_witness_match_test
