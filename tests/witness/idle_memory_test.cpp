// What an idle connection costs a witness beyond what it costs the router that the witness is.
#include <memory>

#include <malloc.h>
#include <openssl/ssl.h>
#include <sys/resource.h>

#include "lab/gateways/connection.h"
#include "lab/router/router.h"
#include "lab/session/running_digest.h"
#include "lab/witness/record.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tunnel.h"

namespace witness_idle_memory_test {

using namespace sni;
using namespace sni::test;

namespace {

constexpr std::size_t kConnections = 1'000;

/// What two ends say to each other up to the server's Finished.
struct Handshake {
    Buffer hello;
    Buffer flight;
};

Buffer drained(BIO* bio) {
    Buffer bytes(16'384);
    const int got = BIO_read(bio, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(got, 0)));
    return bytes;
}

Handshake recorded() {
    const auto ends =
        gateways::ending_context(lab_certificate().chain_pem(), lab_certificate().key);
    const auto begins = gateways::beginning_context();
    const session::SslPtr client(SSL_new(begins.get()));
    const session::SslPtr server(SSL_new(ends.get()));
    for (SSL* ssl : {client.get(), server.get()}) {
        SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    }
    SSL_set_tlsext_host_name(client.get(), "httpbin.example.com");
    // A hello of one size, be OpenSSL's own first group one of a kilobyte, which has a checkpoint.
    SSL_set1_groups_list(client.get(), "X25519");
    SSL_connect(client.get());
    const Buffer hello = drained(SSL_get_wbio(client.get()));
    BIO_write(SSL_get_rbio(server.get()), hello.data(), static_cast<int>(hello.size()));
    SSL_accept(server.get());
    return {hello, drained(SSL_get_wbio(server.get()))};
}

struct Cost {
    double allocated = 0;  ///< bytes for each connection
    double resident = 0;
};

/// Large pieces are mapped by themselves, or not: that changes while a process runs.
std::size_t allocated_bytes() {
    const auto now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
}

/// Of connections through `router`, each idle behind its handshake.
Cost cost_of(const router::Router& router, Door& service, const Handshake& said) {
    std::vector<Peer> ends;
    ends.reserve(2 * kConnections + 2);
    const auto open_one = [&] {
        Peer client = Peer::to(router.listening().front());
        client.send(said.hello);
        Peer there = service.accept();
        REQUIRE(there.read(said.hello.size()).size() == said.hello.size());
        there.send(said.flight);
        REQUIRE(client.read(said.flight.size()).size() == said.flight.size());
        ends.push_back(std::move(client));
        ends.push_back(std::move(there));
    };
    open_one();  // what is made once is there then
    const std::size_t allocated = allocated_bytes();
    const std::size_t resident = resident_bytes();
    for (std::size_t i = 0; i < kConnections; ++i) {
        open_one();
    }
    REQUIRE(router.snapshot()->live == kConnections + 1);
    const auto each = [](std::size_t now, std::size_t before) {
        return (static_cast<double>(now) - static_cast<double>(before)) / kConnections;
    };
    return {each(allocated_bytes(), allocated), each(resident_bytes(), resident)};
}

double cost_of_digests() {
    std::vector<std::unique_ptr<session::RunningDigest>> kept;
    kept.reserve(2 * kConnections);
    const std::size_t before = allocated_bytes();
    for (std::size_t i = 0; i < 2 * kConnections; ++i) {
        kept.push_back(std::make_unique<session::RunningDigest>());
    }
    return static_cast<double>(allocated_bytes() - before) / kConnections -
           2 * sizeof(session::RunningDigest);  // which lies in the connection itself
}

}  // namespace

TEST_CASE("an idle connection costs a witness its digests and 600 bytes more than a router",
          "[witness]") {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 4 * kConnections + 200) {
        WARN("not run: there are not descriptors enough");
        return;
    }
    const Handshake said = recorded();
    Door service;
    witness::Record record(kConnections);
    router::Options without = witness::relay(service.endpoint(), record);
    without.observe = {};
    const auto cost = [&](router::Options options) {
        const router::Router router(route::RouteTable(), std::move(options));
        return cost_of(router, service, said);
    };
    const Cost router = cost(without);
    const Cost witness = cost(witness::relay(service.endpoint(), record));
    const double digests = cost_of_digests();
    const double more = witness.allocated - router.allocated;
    WARN("each idle connection: router "
         << router.allocated << " B allocated and " << router.resident << " resident, witness "
         << witness.allocated << " and " << witness.resident << "; two digests " << digests
         << " B, all else " << more - digests << " B");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which allocate themselves
    // What was seen of its hellos is packed; the rest are the places where its digests lie.
    CHECK(more <= 600 + digests);
#endif
}

}  // namespace witness_idle_memory_test
