#include "lab/client/tls_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "certs/digest.h"
#include "certs/inspect.h"
#include "certs/install.h"
#include "certs/openssl.h"
#include "lab/client/dial.h"
#include "lab/session/session_facts.h"
#include "lab/session/stream_record.h"
#include "lab/tls/ja4.h"

namespace sni::client {

namespace {

using net::Io;
using proof::Stage;
using proof::Trouble;

using session::ContextPtr;
using StorePtr = certs::Owned<X509_STORE, X509_STORE_free>;
using StoreContextPtr = certs::Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

ContextPtr make_context(const Dial& dial) {
    ContextPtr context(certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    apply(dial.offer, context.get());
    // Whoever sends one record after the other that holds no data gets no further than the
    // deadline.
    SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    if (dial.certificate) {
        certs::install(context.get(), dial.certificate->cert_pem, dial.certificate->key,
                       "the client");
    }
    if (dial.prepare) dial.prepare(context.get());
    return context;
}

std::optional<std::string> ja4_of(const session::StreamRecord& record) {
    if (record.hellos().empty()) return std::nullopt;
    const auto hello = tls::describe_hello(record.hellos().front().message);
    return hello ? std::optional(tls::ja4(*hello, certs::sha256)) : std::nullopt;
}

std::string chain_of(const SSL* ssl) {
    const certs::BioPtr memory(BIO_new(BIO_s_mem()));
    STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        PEM_write_bio_X509(memory.get(), sk_X509_value(chain, i));
    }
    return certs::text_of(memory.get());
}

}  // namespace

class TlsConnection::Impl {
  public:
    /// Puts TLS on `line`.
    Impl(Line line, const Dial& dial, net::Clock::time_point began)
        : began_(began),
          finishes_first_(dial.finishes_first),
          context_(make_context(dial)),
          line_(std::move(line)) {
        SSL* const ssl = line_.channel().start_tls(context_.get());
        SSL_set_connect_state(ssl);
        if (dial.sni)
            certs::check(static_cast<int>(SSL_set_tlsext_host_name(ssl, dial.sni->c_str())),
                         "send this SNI");
        if (dial.ticket) SSL_set_session(ssl, dial.ticket.get());
        record_.listen_to(ssl);
        SSL_set_cert_cb(
            ssl,
            [](SSL*, void* asked) {
                *static_cast<bool*>(asked) = true;
                return 1;
            },
            &asked_for_certificate_);
    }

    ~Impl() { shut_down(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    SSL* ssl() const { return line_.channel().ssl(); }
    net::Clock::time_point began() const { return began_; }
    const session::StreamRecord& record() const { return record_; }
    /// What had been sent when the last request was out.
    const proof::StreamDigest& asked() const { return asked_; }
    bool asked_for_certificate() const { return asked_for_certificate_; }

    Result<void, Trouble> handshake() { return line_.handshake(); }

    Result<http::ParsedResponse, Trouble> ask(std::string_view request, std::size_t body_limit,
                                              Stage stage,
                                              std::optional<http::ParsedResponse>* begun) {
        if (auto written = line_.write(request, stage); !written)
            return std::unexpected(std::move(written.error()));
        asked_ = record_.sent().value_or(proof::StreamDigest{});
        if (finishes_first_) line_.channel().finish();
        return line_.read_response(body_limit, stage, begun);
    }

    void receive_until(std::uint64_t bytes) {
        line_.drop_until([&] { return record_.received_bytes() >= bytes; });
    }

  private:
    /// close_notify both ways (RFC 8446 §6.1). Closing before the other side's has come would make
    /// the kernel answer it with a reset, and the router's log would tell of a broken connection.
    void shut_down() {
        constexpr auto kPatience = std::chrono::milliseconds(200);
        session::Channel& channel = line_.channel();
        if (channel.finish() != Io::done) return;
        const auto deadline = std::min(line_.deadline(), net::Clock::now() + kPatience);
        std::array<char, 4096> unread;
        std::size_t got = 0;
        while (net::Clock::now() < deadline && net::wait_for({{channel.fd()}}, deadline)) {
            if (net::receive_now(channel.fd(), unread, got) != Io::done) return;
        }
    }

    net::Clock::time_point began_;
    bool finishes_first_;
    ContextPtr context_;
    session::StreamRecord record_{session::StreamRecord::End::client};
    Line line_;
    proof::StreamDigest asked_;
    bool asked_for_certificate_ = false;
};

TlsConnection::TlsConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsConnection::~TlsConnection() = default;
TlsConnection::TlsConnection(TlsConnection&&) noexcept = default;

Result<TlsConnection, Trouble> TlsConnection::open(const Dial& dial, Attempt* attempt) {
    const auto began = net::Clock::now();
    const auto deadline = began + dial.timeout;
    auto socket = connect_to(dial.to, deadline, attempt ? &attempt->address : nullptr, dial.from);
    if (!socket) return std::unexpected(std::move(socket.error()));
    Line line(std::move(*socket), deadline);
    if (dial.proxy_protocol) {
        const auto header = proxy::write_header({.version = *dial.proxy_protocol, .local = true});
        if (auto said = line.write(as_text(header), proof::Stage::handshake); !said)
            return std::unexpected(std::move(said.error()));
    }
    if (dial.behind_ssl_request) {
        if (auto asked = line.ask_for_tls(); !asked)
            return std::unexpected(std::move(asked.error()));
    }
    auto impl = std::make_unique<Impl>(std::move(line), dial, began);
    const auto shaken = impl->handshake();
    if (attempt) {
        attempt->hellos = impl->record().hello_facts();
        attempt->ja4 = ja4_of(impl->record());
        attempt->asked_for_certificate = impl->asked_for_certificate();
        attempt->chain_pem = chain_of(impl->ssl());
    }
    if (!shaken) return std::unexpected(shaken.error());
    return TlsConnection(std::move(impl));
}

proof::TlsFacts TlsConnection::tls() const {
    return session::session_facts(impl_->ssl());
}

CertFacts TlsConnection::leaf() const {
    return certs::facts_of(SSL_get0_peer_certificate(impl_->ssl()));
}

std::string TlsConnection::chain_pem() const {
    return chain_of(impl_->ssl());
}

std::string TlsConnection::chain_error(const std::string& ca_pem) const {
    const StorePtr store(X509_STORE_new());
    const certs::BioPtr memory = certs::reader_of(ca_pem);
    while (
        const certs::X509Ptr anchor{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) {
        X509_STORE_add_cert(store.get(), anchor.get());
    }
    ERR_clear_error();  // the end of the PEM
    // The anchors are what the user trusts, so any of them ends the chain; dates are judged by
    // their own line.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    const StoreContextPtr context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), SSL_get0_peer_certificate(impl_->ssl()),
                        SSL_get_peer_cert_chain(impl_->ssl()));
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    if (X509_verify_cert(context.get()) == 1) return "";
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

std::optional<Digest> TlsConnection::exporter_sha256(const proof::Nonce& nonce) const {
    return session::exporter_digest(impl_->ssl(), nonce);
}

net::Clock::time_point TlsConnection::began() const {
    return impl_->began();
}

const session::StreamRecord& TlsConnection::record() const {
    return impl_->record();
}

const proof::StreamDigest& TlsConnection::sent_with_request() const {
    return impl_->asked();
}

bool TlsConnection::asked_for_certificate() const {
    return impl_->asked_for_certificate();
}

void TlsConnection::receive_until(std::uint64_t bytes) {
    impl_->receive_until(bytes);
}

Ticket TlsConnection::ticket() const {
    SSL_SESSION* const session = SSL_get1_session(impl_->ssl());
    Ticket ticket(session, SSL_SESSION_free);
    return session && SSL_SESSION_is_resumable(session) == 1 ? ticket : nullptr;
}

Headers usual_headers(const std::string& host) {
    return {{"Host", host}, {"User-Agent", "sni-lab"}, {"Accept", "*/*"}};
}

Result<http::ParsedResponse, Trouble> TlsConnection::get(const std::string& path,
                                                         const std::string& host,
                                                         std::size_t body_limit, Stage stage) {
    return get(path, usual_headers(host), body_limit, stage);
}

Result<http::ParsedResponse, Trouble> TlsConnection::get(
    const std::string& path, const Headers& headers, std::size_t body_limit, Stage stage,
    std::optional<http::ParsedResponse>* begun) {
    if (const std::string alpn = tls().alpn; !speaks_http_1(alpn)) {
        return trouble(stage, proof::Break::bad_http, alpn + " was chosen by ALPN");
    }
    std::string request = fmt::format("GET {} HTTP/1.1\r\n", path);
    for (const auto& [name, value] : headers) {
        request += fmt::format("{}: {}\r\n", name, value);
    }
    return impl_->ask(request + "\r\n", body_limit, stage, begun);
}

}  // namespace sni::client
