#include "tests/sim/backend/tls_client.h"

#include <array>

#include <openssl/err.h>

namespace sni::sim {

namespace {

using certs::check;

/// What fails in here is nobody else's business.
class ErrorsStayHere {
  public:
    ErrorsStayHere() { ERR_set_mark(); }
    ~ErrorsStayHere() { ERR_pop_to_mark(); }
    ErrorsStayHere(const ErrorsStayHere&) = delete;
    ErrorsStayHere& operator=(const ErrorsStayHere&) = delete;
};

}  // namespace

TlsClient::TlsClient(SSL_CTX* context, SSL_SESSION* session)
    : ssl_(check(SSL_new(context), "make a TLS session")),
      in_(check(BIO_new(BIO_s_mem()), "make a BIO")),
      out_(check(BIO_new(BIO_s_mem()), "make a BIO")) {
    const ErrorsStayHere here;
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_tlsext_host_name(ssl_.get(), "httpbin.example.com");
    if (session) SSL_set_session(ssl_.get(), session);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_info_callback(ssl_.get(), note_alert);
    SSL_set_connect_state(ssl_.get());
    go_on();
}

std::string TlsClient::take_sent() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    std::string sent(data, static_cast<std::size_t>(size));
    BIO_reset(out_);
    return sent;
}

void TlsClient::hear(std::string_view bytes) {
    const ErrorsStayHere here;
    BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    go_on();
}

/// SSL_get_error(3) would look into a queue that is not this session's alone.
bool TlsClient::works(int result) {
    if (result > 0) return true;
    broken_ = broken_ || (!heard_goodbye_ && !SSL_want_read(ssl_.get()));
    return false;
}

void TlsClient::note_alert(const SSL* ssl, int where, int what) {
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
    auto* const client = static_cast<TlsClient*>(SSL_get_app_data(ssl));
    const bool goodbye = (what & 0xFF) == SSL_AD_CLOSE_NOTIFY;
    (goodbye ? client->heard_goodbye_ : client->broken_) = true;
}

void TlsClient::go_on() {
    if (broken_ || heard_goodbye_) return;
    if (!ready_) ready_ = works(SSL_do_handshake(ssl_.get()));
    std::array<char, 16u << 10> chunk;
    std::size_t got = 0;
    while (ready_ && works(SSL_read_ex(ssl_.get(), chunk.data(), chunk.size(), &got)))
        heard_.append(chunk.data(), got);
}

void TlsClient::say(std::string_view text) {
    const ErrorsStayHere here;
    std::size_t written = 0;
    if (!text.empty()) SSL_write_ex(ssl_.get(), text.data(), text.size(), &written);
}

void TlsClient::change_keys() {
    const ErrorsStayHere here;
    if (SSL_version(ssl_.get()) != TLS1_3_VERSION) return;
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(ssl_.get());
}

void TlsClient::say_goodbye() {
    const ErrorsStayHere here;
    SSL_shutdown(ssl_.get());
}

}  // namespace sni::sim
