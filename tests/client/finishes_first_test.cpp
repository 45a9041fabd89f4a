// A client that closes its end behind its request, before the answer comes.
#include <array>
#include <future>

#include "lab/client/tls_client.h"
#include "lab/gateways/connection.h"
#include "lab/net/accept.h"
#include "lab/net/bind.h"
#include "lab/play/half_close.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace client_finishes_first_test {

using namespace sni;
using net::Io;

namespace {

/// Takes one connection, and answers nothing before the client's end has come.
class PatientServer {
  public:
    explicit PatientServer(std::string answer)
        : served_(std::async(std::launch::async,
                             [this, answer = std::move(answer)] { return serve(answer); })) {}
    ~PatientServer() { stop_.call(); }

    Endpoint listening() const { return net::bound_to(listener_); }
    /// What came before the client's end; nothing when that never came.
    std::string heard() { return served_.get(); }

  private:
    std::string serve(const std::string& answer) {
        if (!net::wait_for({{listener_.fd()}}, net::kNever, &stop_)) return "";
        session::Channel channel(net::PlainStream(net::accept_now(listener_).socket));
        SSL_set_accept_state(channel.start_tls(context_.get()));
        std::string heard;
        if (!gateways::handshake(channel, stop_)) return "";
        for (;;) {
            std::array<char, 4096> bytes;
            std::size_t got = 0;
            const Io io = channel.read(bytes, got);
            if (io == Io::ended) break;
            if (io == Io::done) heard.append(bytes.data(), got);
            if (io != Io::done && !gateways::wait_for(channel, io, stop_)) return "";
        }
        gateways::write_all(channel, answer, stop_);
        channel.finish();
        return heard;
    }

    gateways::ContextPtr context_ =
        gateways::ending_context(test::lab_certificate().cert_pem, test::lab_certificate().key);
    net::Descriptor listener_ = net::bind_listener(loopback(0));
    net::Wakeup stop_;
    std::future<std::string> served_;
};

}  // namespace

TEST_CASE("a client that finishes first still gets its whole answer", "[client]") {
    PatientServer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(play::get_half_closed(server.listening(), "httpbin.example.com", "/late") == "");
    CHECK(server.heard().starts_with("GET /late HTTP/1.1\r\nHost: httpbin.example.com\r\n"));
}

TEST_CASE("what goes wrong after the client's own end is told in words", "[client]") {
    PatientServer server("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{");
    CHECK(play::get_half_closed(server.listening(), "httpbin.example.com", "/cut") ==
          "closed during the request: close_notify");
}

}  // namespace client_finishes_first_test
