// The client's end of a TLS session in memory: whoever has it moves the bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include "certs/openssl.h"

namespace sni::sim {

/// May be called while a session of the backend is in the middle of a call to OpenSSL, on the same
/// thread: it leaves OpenSSL's error queue as it was.
class TlsClient {
  public:
    /// `session` to resume, or null.
    TlsClient(SSL_CTX* context, SSL_SESSION* session);
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    /// What is to be sent, once.
    std::string take_sent();
    /// What was received.
    void hear(std::string_view bytes);
    /// The handshake is done, and it can speak.
    bool ready() const { return ready_ && !broken_; }
    /// It has sent its part of the handshake, and waits for the other one's at most.
    bool finished() const { return SSL_get_finished(ssl_.get(), nullptr, 0) > 0; }
    void say(std::string_view text);
    /// Asks for other keys, of the other side's, too; TLS 1.3 only.
    void change_keys();
    void say_goodbye();

    /// What it has read, once.
    std::string take_heard() { return std::exchange(heard_, {}); }
    bool heard_goodbye() const { return heard_goodbye_; }
    /// What came is no TLS, or an alert.
    bool broken() const { return broken_; }
    /// That could be resumed.
    certs::Owned<SSL_SESSION, SSL_SESSION_free> session() const {
        return certs::Owned<SSL_SESSION, SSL_SESSION_free>(SSL_get1_session(ssl_.get()));
    }

  private:
    void go_on();
    bool works(int result);
    static void note_alert(const SSL* ssl, int where, int what);

    certs::Owned<SSL, SSL_free> ssl_;
    BIO* in_;
    BIO* out_;
    std::string heard_;
    bool ready_ = false;
    bool heard_goodbye_ = false;
    bool broken_ = false;
};

}  // namespace sni::sim
