// What a TLS context is given to show and to sign with.
#include "certs/install.h"

#include <memory>

#include <openssl/ssl.h>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "lab/core/diagnostic.h"
#include "tests/support/catch.h"

namespace certs_install_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

using Context = certs::Owned<SSL_CTX, SSL_CTX_free>;

certs::CertBundle pair(const certs::CertBundle* authority = nullptr,
                       certs::Purpose purpose = certs::Purpose::server) {
    const auto now = wall_clock();
    return certs::issue({.names = {"a.example.com"},
                         .key = certs::KeyType::ec_p256,
                         .not_before = now - 1h,
                         .not_after = now + 24h,
                         .purpose = purpose},
                        authority);
}

Context context() {
    return Context(SSL_CTX_new(TLS_server_method()));
}

}  // namespace

TEST_CASE("a context shows the whole chain that it was given, leaf first", "[certs]") {
    const certs::CertBundle authority = pair(nullptr, certs::Purpose::authority);
    const certs::CertBundle leaf = pair(&authority);
    const Context tls = context();
    REQUIRE(certs::try_install(tls.get(), leaf.chain_pem(), leaf.key).has_value());
    CHECK(certs::facts_of(SSL_CTX_get0_certificate(tls.get())).sha256 ==
          certs::inspect(leaf.cert_pem).value().front().sha256);
    STACK_OF(X509)* more = nullptr;
    SSL_CTX_get0_chain_certs(tls.get(), &more);
    REQUIRE(sk_X509_num(more) == 1);
    CHECK(certs::facts_of(sk_X509_value(more, 0)).sha256 ==
          certs::inspect(authority.cert_pem).value().front().sha256);
    CHECK(SSL_CTX_check_private_key(tls.get()) == 1);
}

TEST_CASE("a pair that does not fit is refused with a reason, and leaves no error behind",
          "[certs]") {
    const certs::CertBundle one = pair();
    const certs::CertBundle other = pair();
    const Context mixed = context();
    const auto refused = certs::try_install(mixed.get(), one.cert_pem, other.key);
    REQUIRE_FALSE(refused.has_value());
    CHECK_THAT(refused.error(), test::Contains("key values mismatch"));
    CHECK(certs::drain_errors().empty());

    const Context empty = context();
    CHECK_FALSE(certs::try_install(empty.get(), "", one.key).has_value());
    CHECK_FALSE(certs::try_install(empty.get(), one.cert_pem, certs::KeyPem("none")).has_value());
    CHECK_THROWS_AS(certs::install(empty.get(), one.cert_pem, other.key, "a gateway"), Failure);
}

}  // namespace certs_install_test
