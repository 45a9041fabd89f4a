#include "tests/sim/backend/materials.h"

#include "certs/inspect.h"
#include "tests/sim/backend/seeded.h"
#include "tests/sim/backend/tls_client.h"
#include "tests/support/backend_fixture.h"

namespace sni::sim {

namespace {

using certs::check;

/// Longer than anybody plays.
constexpr long kWeek = 7 * 24 * 3'600;

std::shared_ptr<const backend::Serving> make_serving() {
    // An Ed25519 signature always has the same length. The context refers to the options.
    static const certs::CertBundle bundle = [] {
        certs::CertRequest request = test::certificate_request({"httpbin.example.com"});
        request.key = certs::KeyType::ed25519;
        return certs::issue(request);
    }();
    static const backend::Options options{
        .name = "pod-1", .chain_pem = bundle.chain_pem(), .key = bundle.key};
    auto serving = std::make_shared<backend::Serving>();
    serving->tls = backend::make_tls_context(options);
    SSL_CTX_set_timeout(serving->tls.get(), kWeek);
    check(SSL_CTX_set1_groups_list(serving->tls.get(), "X25519") == 1, "choose the group");
    serving->site = {.name = options.name,
                     .certificate = certs::inspect(bundle.chain_pem()).value().front(),
                     .identity = std::nullopt};
    return serving;
}

certs::Owned<SSL_CTX, SSL_CTX_free> make_client(int version, const char* groups) {
    certs::Owned<SSL_CTX, SSL_CTX_free> context(
        check(SSL_CTX_new(TLS_client_method()), "make a TLS context"));
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    check(SSL_CTX_set1_groups_list(context.get(), groups) == 1, "choose groups");
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

/// What one handshake in memory leaves to resume.
certs::Owned<SSL_SESSION, SSL_SESSION_free> make_session(const Materials& made, Dialect dialect) {
    const certs::Owned<SSL, SSL_free> server(
        check(SSL_new(made.serving[0]->tls.get()), "make a TLS session"));
    BIO* const in = check(BIO_new(BIO_s_mem()), "make a BIO");
    BIO* const out = check(BIO_new(BIO_s_mem()), "make a BIO");
    SSL_set_bio(server.get(), in, out);
    SSL_set_accept_state(server.get());
    TlsClient client(made.context(dialect), nullptr);
    for (int turn = 0; turn < 4; ++turn) {
        const std::string up = client.take_sent();
        if (!up.empty()) BIO_write(in, up.data(), static_cast<int>(up.size()));
        SSL_do_handshake(server.get());
        char* down = nullptr;
        const long size = BIO_get_mem_data(out, &down);
        client.hear({down, static_cast<std::size_t>(size)});
        BIO_reset(out);
    }
    return client.session();
}

}  // namespace

SSL_CTX* Materials::context(Dialect dialect) const {
    switch (dialect) {
        case Dialect::v1_3:
        case Dialect::v1_3_resumed:
            return v1_3.get();
        case Dialect::v1_3_retried:
            return v1_3_retried.get();
        default:
            return v1_2.get();
    }
}

SSL_SESSION* Materials::session(Dialect dialect) const {
    return dialect == Dialect::v1_3_resumed   ? session_1_3.get()
           : dialect == Dialect::v1_2_resumed ? session_1_2.get()
                                              : nullptr;
}

const Materials& materials() {
    static const Materials all = [] {
        seed_openssl(0);
        Materials made{.serving = {make_serving(), make_serving()},
                       .v1_3 = make_client(TLS1_3_VERSION, "X25519"),
                       .v1_3_retried = make_client(TLS1_3_VERSION, "P-256:X25519"),
                       .v1_2 = make_client(TLS1_2_VERSION, "X25519"),
                       .session_1_3 = nullptr,
                       .session_1_2 = nullptr};
        made.session_1_3 = make_session(made, Dialect::v1_3);
        made.session_1_2 = make_session(made, Dialect::v1_2);
        return made;
    }();
    return all;
}

}  // namespace sni::sim
