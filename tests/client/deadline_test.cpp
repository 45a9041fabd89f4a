// One deadline bounds a probe, whatever the other side goes on saying.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <thread>

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lab/client/observe.h"
#include "lab/gateways/connection.h"
#include "lab/net/bind.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace client_deadline_test {

using namespace sni;
using namespace std::chrono_literals;

namespace {

/// Who writes to a client that has gone gets an error, and no signal.
const auto kNoSignal = std::signal(SIGPIPE, SIG_IGN);

/// Takes one connection, and does with it what it was given, until the client is gone.
class Server {
  public:
    explicit Server(std::function<void(int fd)> serve)
        : listener_(net::bind_listener(loopback(0))), thread_([this, serve = std::move(serve)] {
              const int flags = ::fcntl(listener_.fd(), F_GETFL);
              ::fcntl(listener_.fd(), F_SETFL, flags & ~O_NONBLOCK);
              const net::Descriptor client(::accept(listener_.fd(), nullptr, nullptr));
              if (client) serve(client.fd());
          }) {}
    ~Server() {
        ::shutdown(listener_.fd(), SHUT_RDWR);
        thread_.join();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Endpoint listening() const { return net::local_endpoint(listener_.fd()); }

  private:
    net::Descriptor listener_;
    std::thread thread_;
};

using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

/// What a client's handshake and request came to: a session to go on with.
void in_tls(int fd, const std::function<void(SSL*)>& go_on) {
    const auto context =
        gateways::ending_context(test::lab_certificate().cert_pem, test::lab_certificate().key);
    const Ssl ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) return;
    char request[4096];
    if (SSL_read(ssl.get(), request, sizeof request) > 0) go_on(ssl.get());
}

proof::Evidence seen(const Server& server, std::function<void(SSL_CTX*)> prepare = {}) {
    return client::observe({.gateway = server.listening(),
                            .sni = "httpbin.example.com",
                            .timeout = 300ms,
                            .prepare = std::move(prepare)},
                           certs::Identity::make().public_key());
}

/// A client that is slower than whoever writes to it: behind each ticket the next bytes are there
/// already, so that it never finds its socket empty.
void is_slow(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION*) {
        pollfd more{.fd = SSL_get_fd(ssl), .events = POLLIN, .revents = 0};
        ::poll(&more, 1, 20'000);
        return 0;
    });
}

void check_timed_out(const proof::Evidence& e, proof::Stage stage) {
    REQUIRE(e.trouble);
    CHECK(e.trouble->how == proof::Break::timed_out);
    CHECK(e.trouble->stage == stage);
    CHECK(e.took < 5s);
}

}  // namespace

TEST_CASE("records that hold no data do not outlive the deadline", "[client]") {
    const Server server([](int fd) {
        in_tls(fd, [fd](SSL* ssl) {
            // OpenSSL takes a ticket for sent whose client is gone.
            pollfd gone{.fd = fd, .events = POLLRDHUP, .revents = 0};
            const auto end = std::chrono::steady_clock::now() + 10s;
            while (::poll(&gone, 1, 0) == 0 && std::chrono::steady_clock::now() < end &&
                   SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1) {
            }
        });
    });
    check_timed_out(seen(server, is_slow), proof::Stage::request);
}

TEST_CASE("interim answers without an end do not outlive the deadline", "[client]") {
    const Server server([](int fd) {
        in_tls(fd, [](SSL* ssl) {
            constexpr std::string_view kInterim = "HTTP/1.1 100 Continue\r\n\r\n";
            while (SSL_write(ssl, kInterim.data(), static_cast<int>(kInterim.size())) > 0) {
            }
        });
    });
    const proof::Evidence e = seen(server);
    REQUIRE(e.trouble);
    CHECK(e.trouble->stage == proof::Stage::request);
    CHECK(e.took < 5s);
}

TEST_CASE("an answer that dribbles does not outlive the deadline", "[client]") {
    const Server server([](int fd) {
        in_tls(fd, [fd](SSL* ssl) {
            pollfd gone{.fd = fd, .events = POLLIN, .revents = 0};
            constexpr std::string_view kHead = "HTTP/1.1 200 OK";
            for (std::size_t i = 0; ::poll(&gone, 1, 20) == 0; ++i) {
                if (SSL_write(ssl, &kHead[std::min(i, kHead.size() - 1)], 1) <= 0) break;
            }
        });
    });
    check_timed_out(seen(server), proof::Stage::request);
}

TEST_CASE("a handshake that dribbles does not outlive the deadline", "[client]") {
    const Server server([](int fd) {
        pollfd gone{.fd = fd, .events = POLLRDHUP, .revents = 0};
        constexpr unsigned char kRecord[] = {22, 3, 3, 0x40, 0};
        for (std::size_t i = 0; ::poll(&gone, 1, 20) == 0; ++i) {
            const unsigned char byte = i < sizeof kRecord ? kRecord[i] : 0;
            if (::send(fd, &byte, 1, MSG_NOSIGNAL) != 1) break;
        }
    });
    check_timed_out(seen(server), proof::Stage::handshake);
}

}  // namespace client_deadline_test
