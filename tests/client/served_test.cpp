#include "lab/client/served.h"

#include <atomic>
#include <future>

#include <fmt/format.h>

#include "certs/inspect.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"
#include "tests/support/splice.h"

namespace client_served_test {

using namespace sni;
using namespace sni::test;

namespace {

const Buffer kSslRequest = bytes_of(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8));

/// The leaf that is seen at `to`; nothing when none is.
std::optional<Digest> leaf_at(const Endpoint& to, std::optional<proxy::Version> header = {}) {
    const auto chain = client::served_chain(
        {.to = to, .timeout = std::chrono::seconds(20), .proxy_protocol = header});
    return chain && !chain->empty() ? std::optional(certs::inspect(*chain).value().front().sha256)
                                    : std::nullopt;
}

Digest lab_leaf() {
    return certs::inspect(lab_certificate().cert_pem).value().front().sha256;
}

}  // namespace

TEST_CASE("the certificate of any TLS service is seen, also where we are not welcome", "[client]") {
    backend::Options options = backend_options();
    SECTION("to whoever comes") {}
    SECTION("to clients with a certificate alone, of TLS 1.3") {
        options.client_ca_pem = client_certificates().first.cert_pem;
        options.client_cert = backend::ClientCert::required;
    }
    SECTION("and of TLS 1.2, where the handshake fails for want of one") {
        options.client_ca_pem = client_certificates().first.cert_pem;
        options.client_cert = backend::ClientCert::required;
        options.max_tls = backend::TlsVersion::v1_2;
    }
    const backend::Backend service(std::move(options));
    CHECK(leaf_at(service.listening()) == lab_leaf());
}

TEST_CASE("whoever looks at a name is told which of its addresses took the connection",
          "[client]") {
    const backend::Backend service(backend_options());
    std::optional<Endpoint> taken;
    client::Dial dial{
        .to = parse_endpoint(fmt::format("localhost:{}", service.listening().port)).value(),
        .timeout = std::chrono::seconds(20)};
    CHECK(client::served_chain(dial, &taken));
    CHECK(taken == service.listening());
}

TEST_CASE("the certificate of a service that wants to be asked for TLS first is seen, too",
          "[client]") {
    const backend::Backend behind(backend_options());
    const char answer = GENERATE('S', 'N');
    const Stub postgres([&](Peer client) {
        if (client.read(kSslRequest.size()) != kSslRequest) return;
        client.send(bytes_of(std::string(1, answer)));
        Peer to = Peer::to(behind.listening());
        splice(client, to);
    });
    const auto leaf = leaf_at(postgres.endpoint());
    CHECK(leaf == (answer == 'S' ? std::optional(lab_leaf()) : std::nullopt));
}

TEST_CASE("a service behind proxies is asked behind a header that speaks for ourselves",
          "[client]") {
    backend::Options options = backend_options();
    options.accept_proxy = {Cidr::parse("127.0.0.0/8").value()};
    const backend::Backend service(std::move(options));
    const auto version = GENERATE(proxy::Version::v1, proxy::Version::v2);
    CHECK(leaf_at(service.listening(), version) == lab_leaf());
    CHECK_FALSE(leaf_at(service.listening()));
}

TEST_CASE("where no certificate is seen the first handshake's end is told, within the time",
          "[client]") {
    using proof::Break;
    const auto trouble_at = [](const Endpoint& to, std::chrono::milliseconds within) {
        return client::served_chain({.to = to, .timeout = within}).error();
    };
    const Stub speaks_first([](Peer client) {
        client.send(bytes_of("220 mail.example.com ESMTP\r\n"));
        client.end();
    });
    const auto other = trouble_at(speaks_first.endpoint(), std::chrono::seconds(20));
    CHECK(other.stage == proof::Stage::handshake);
    CHECK(other.how == Break::not_tls);
    const Stub silent([](Peer client) { client.end(); });
    CHECK(trouble_at(silent.endpoint(), std::chrono::milliseconds(50)).how == Break::timed_out);
    // Asked again for PostgreSQL's sake, and silent then.
    std::atomic<int> asked = 0;
    const Stub closes_once([&](Peer client) {
        if (++asked > 1) client.end();
    });
    CHECK(trouble_at(closes_once.endpoint(), std::chrono::milliseconds(500)).stage ==
          proof::Stage::handshake);
    CHECK(asked == 2);
    const ClosedPort nobody;
    CHECK(trouble_at(nobody.endpoint(), std::chrono::seconds(20)).stage == proof::Stage::connect);
}

TEST_CASE("somebody is waited for until he takes connections, and no longer than told",
          "[client]") {
    const std::chrono::milliseconds enough(20'000);
    const Stub somebody([](Peer) {});
    CHECK(client::wait_until_taken(somebody.endpoint(), std::chrono::milliseconds(0)));
    ClosedPort nobody;
    CHECK_FALSE(client::wait_until_taken(nobody.endpoint(), std::chrono::milliseconds(0)));
    CHECK_FALSE(client::wait_until_taken(nobody.endpoint(), std::chrono::milliseconds(60)));
    auto waiting = std::async(std::launch::async,
                              [&] { return client::wait_until_taken(nobody.endpoint(), enough); });
    CHECK(waiting.wait_for(std::chrono::milliseconds(120)) == std::future_status::timeout);
    nobody.open();
    CHECK(waiting.get());
}

}  // namespace client_served_test
