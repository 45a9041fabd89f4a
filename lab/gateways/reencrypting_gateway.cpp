#include "lab/gateways/reencrypting_gateway.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <thread>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "certs/openssl.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"
#include "lab/net/descriptor.h"

namespace sni::gateways {

namespace {

using SslPtr = certs::Owned<SSL, SSL_free>;
using ContextPtr = certs::Owned<SSL_CTX, SSL_CTX_free>;

constexpr int kPatience = 10'000;  // milliseconds that either side may be silent
constexpr std::size_t kMaxConnections = 64;

ContextPtr server_context(const ReencryptingOptions& options) {
    ContextPtr context(certs::check(SSL_CTX_new(TLS_server_method()), "set up the gateway's TLS"));
    const certs::BioPtr chain = certs::reader_of(options.chain_pem);
    const certs::X509Ptr leaf(
        certs::check(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr),
                     "read the gateway's certificate"));
    certs::check(SSL_CTX_use_certificate(context.get(), leaf.get()),
                 "use the gateway's certificate");
    while (X509* issuer = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
        SSL_CTX_add0_chain_cert(context.get(), issuer);
    }
    ERR_clear_error();  // the end of the PEM
    const certs::BioPtr key_text = certs::reader_of(options.key.reveal());
    const certs::PkeyPtr key(
        certs::check(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr),
                     "read the gateway's key"));
    certs::check(SSL_CTX_use_PrivateKey(context.get(), key.get()), "use the gateway's key");
    SSL_CTX_set_alpn_select_cb(
        context.get(),
        [](SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
           unsigned length, void*) {
            static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                                     '/', '1', '.', '1'};
            unsigned char* chosen = nullptr;
            const int found = SSL_select_next_proto(&chosen, out_length, kHttp11.data(),
                                                    kHttp11.size(), offered, length);
            *out = chosen;
            return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
        },
        nullptr);
    return context;
}

/// One side of a connection: its socket and the TLS session on it. Non-blocking.
struct Side {
    net::Descriptor socket;
    SslPtr ssl;
};

/// What a step of OpenSSL's is waiting for: POLLIN, POLLOUT, or 0 when the side is over.
short wanted(const Side& side, int result) {
    switch (SSL_get_error(side.ssl.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return POLLIN;
        case SSL_ERROR_WANT_WRITE:
            return POLLOUT;
        default:
            return 0;
    }
}

/// Waits for one side and for the order to stop; false when there is nothing more to do.
bool wait_for(const Side& side, short events, int stop) {
    std::array<pollfd, 2> entries{{{side.socket.fd(), events, 0}, {stop, POLLIN, 0}}};
    return events != 0 && ::poll(entries.data(), entries.size(), kPatience) > 0 &&
           entries[1].revents == 0;
}

/// Repeats an OpenSSL call until it is through; false when the side is over.
template <class Call>
bool drive(const Side& side, int stop, Call call) {
    for (;;) {
        ERR_clear_error();
        const int result = call(side.ssl.get());
        if (result > 0) return true;
        if (!wait_for(side, wanted(side, result), stop)) return false;
    }
}

bool shake_hands_as_client(const Side& side, SSL* client, int stop) {
    if (const char* name = SSL_get_servername(client, TLSEXT_NAMETYPE_host_name)) {
        SSL_set_tlsext_host_name(side.ssl.get(), name);
    }
    return drive(side, stop, [](SSL* ssl) { return SSL_connect(ssl); });
}

/// Everything that `from` has decrypted so far, encrypted again for `to`; false when either is
/// over.
bool pass_on(const Side& from, const Side& to, int stop) {
    std::array<char, 16384> plain_text;
    for (;;) {
        ERR_clear_error();
        const int got =
            SSL_read(from.ssl.get(), plain_text.data(), static_cast<int>(plain_text.size()));
        if (got <= 0) return wanted(from, got) != 0;
        if (!drive(to, stop, [&](SSL* ssl) { return SSL_write(ssl, plain_text.data(), got); }))
            return false;
    }
}

void serve(Side client, const Endpoint& backend, SSL_CTX* to_backend, int stop) {
    if (!drive(client, stop, [](SSL* ssl) { return SSL_accept(ssl); })) return;
    const net::Address address(backend);
    Side server{
        net::Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        nullptr};
    if (!server.socket) return;
    const int connected = ::connect(server.socket.fd(), address.get(), address.size());
    if (connected != 0 && (errno != EINPROGRESS || !wait_for(server, POLLOUT, stop))) return;
    server.ssl.reset(SSL_new(to_backend));
    SSL_set_fd(server.ssl.get(), server.socket.fd());
    if (!shake_hands_as_client(server, client.ssl.get(), stop)) return;
    while (pass_on(client, server, stop) && pass_on(server, client, stop)) {
        std::array<pollfd, 3> entries{
            {{client.socket.fd(), POLLIN, 0}, {server.socket.fd(), POLLIN, 0}, {stop, POLLIN, 0}}};
        if (::poll(entries.data(), entries.size(), kPatience) <= 0 || entries[2].revents != 0)
            return;
    }
    SSL_shutdown(client.ssl.get());
}

}  // namespace

class ReencryptingGateway::Impl {
  public:
    explicit Impl(const ReencryptingOptions& options)
        : from_client_(server_context(options)),
          to_backend_(certs::check(SSL_CTX_new(TLS_client_method()), "set up the gateway's TLS")),
          backend_(options.backend),
          listener_(net::bind_listener(options.listen)),
          stop_(::eventfd(0, EFD_CLOEXEC)),
          acceptor_([this] { accept_until_stopped(); }) {}

    ~Impl() {
        ::eventfd_write(stop_.fd(), 1);
        acceptor_.join();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Endpoint listening() const { return net::local_endpoint(listener_.fd()); }

  private:
    struct Session {
        std::atomic<bool> over{false};
        std::thread thread;
    };

    void accept_until_stopped() {
        std::list<Session> sessions;
        const auto reap = [&](bool all) {
            for (auto it = sessions.begin(); it != sessions.end();) {
                if (!all && !it->over) {
                    ++it;
                    continue;
                }
                it->thread.join();
                it = sessions.erase(it);
            }
        };
        for (;;) {
            std::array<pollfd, 2> entries{{{listener_.fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}}};
            if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) break;
            if (entries[1].revents != 0) break;
            net::Descriptor socket(
                ::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            reap(false);
            if (!socket || sessions.size() >= kMaxConnections) continue;
            SslPtr ssl(SSL_new(from_client_.get()));
            SSL_set_fd(ssl.get(), socket.fd());
            Session& session = sessions.emplace_back();
            session.thread = std::thread(
                [this, &session, side = Side{std::move(socket), std::move(ssl)}]() mutable {
                    serve(std::move(side), backend_, to_backend_.get(), stop_.fd());
                    session.over = true;
                });
        }
        reap(true);
    }

    ContextPtr from_client_;
    ContextPtr to_backend_;
    Endpoint backend_;
    net::Descriptor listener_;
    net::Descriptor stop_;
    std::thread acceptor_;
};

ReencryptingGateway::ReencryptingGateway(const ReencryptingOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}

ReencryptingGateway::~ReencryptingGateway() = default;

Endpoint ReencryptingGateway::listening() const {
    return impl_->listening();
}

}  // namespace sni::gateways
