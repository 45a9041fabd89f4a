// A TLS server that answers every request for the proof with the same bytes, whatever they are; all
// other requests get a teapot.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "lab/core/endpoint.h"
#include "lab/net/address.h"
#include "lab/net/bind.h"
#include "lab/net/descriptor.h"
#include "lab/proof/statement.h"
#include "tests/support/backend_fixture.h"

namespace sni::test {

class LyingBackend {
  public:
    enum class After { stay, close, cut, hang_up };

    /// `answer` goes out as it stands, and then the connection stays or ends, cut without
    /// close_notify; who hangs up ends it at the first request, whatever that is.
    LyingBackend(std::string answer, After after)
        : answer_(std::move(answer)),
          after_(after),
          context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
          listener_(net::bind_listener(loopback(0))) {
        BIO* const cert = BIO_new_mem_buf(lab_certificate().cert_pem.data(), -1);
        BIO* const key = BIO_new_mem_buf(lab_certificate().key.reveal().data(), -1);
        X509* const x509 = PEM_read_bio_X509(cert, nullptr, nullptr, nullptr);
        EVP_PKEY* const pkey = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
        SSL_CTX_use_certificate(context_.get(), x509);
        SSL_CTX_use_PrivateKey(context_.get(), pkey);
        X509_free(x509);
        EVP_PKEY_free(pkey);
        BIO_free(cert);
        BIO_free(key);
        // Blocking, and one connection after another: that is all a test asks of it.
        const int flags = ::fcntl(listener_.fd(), F_GETFL);
        ::fcntl(listener_.fd(), F_SETFL, flags & ~O_NONBLOCK);
        thread_ = std::thread([this] {
            while (true) {
                const net::Descriptor client(::accept(listener_.fd(), nullptr, nullptr));
                if (!client) return;
                serve(client.fd());
            }
        });
    }
    ~LyingBackend() {
        ::shutdown(listener_.fd(), SHUT_RDWR);
        thread_.join();
    }
    LyingBackend(const LyingBackend&) = delete;
    LyingBackend& operator=(const LyingBackend&) = delete;

    Endpoint listening() const { return net::local_endpoint(listener_.fd()); }

  private:
    void serve(int fd) {
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), SSL_free);
        SSL_set_fd(ssl.get(), fd);
        if (SSL_accept(ssl.get()) != 1) return;
        char request[4096];
        int got = 0;
        while ((got = SSL_read(ssl.get(), request, sizeof request)) > 0) {
            const bool asked =
                std::string_view(request, static_cast<std::size_t>(got)).find(proof::kPath) !=
                std::string_view::npos;
            if (after_ == After::hang_up) break;
            const std::string& answer = asked ? answer_ : kTeapot;
            if (!answer.empty()) {
                SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
            }
            if (asked && (after_ == After::close || after_ == After::cut)) break;
        }
        if (after_ != After::cut) SSL_shutdown(ssl.get());
    }

    inline static const std::string kTeapot =
        "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n";

    std::string answer_;
    After after_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    net::Descriptor listener_;
    std::thread thread_;
};

}  // namespace sni::test
