// What a TLS session says of each call, over a wire in memory that holds as little as the test
// likes.
#include "lab/session/tls_stream.h"

#include <array>
#include <optional>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/install.h"
#include "certs/openssl.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace session_tls_stream_test {

using namespace sni;
using session::TlsStream;
using Io = TlsStream::Io;

namespace {

using Context = certs::Owned<SSL_CTX, SSL_CTX_free>;
using Ssl = certs::Owned<SSL, SSL_free>;

/// Both ends of one connection.
class Ends {
  public:
    /// `room` is what the wire holds each way.
    explicit Ends(std::size_t room = 1u << 16, int least_of_server = TLS1_2_VERSION,
                  int most_of_client = TLS1_3_VERSION) {
        certs::install(server_context_.get(), test::lab_certificate().cert_pem,
                       test::lab_certificate().key, "the test");
        SSL_CTX_set_min_proto_version(server_context_.get(), least_of_server);
        SSL_CTX_set_max_proto_version(client_context_.get(), most_of_client);
        SSL_CTX_set_num_tickets(server_context_.get(), 0);
        server_ssl_.reset(SSL_new(server_context_.get()));
        client_ssl_.reset(SSL_new(client_context_.get()));
        BIO* here = nullptr;
        BIO* there = nullptr;
        REQUIRE(BIO_new_bio_pair(&here, room, &there, room) == 1);
        SSL_set_bio(server_ssl_.get(), here, here);
        SSL_set_bio(client_ssl_.get(), there, there);
        SSL_set_accept_state(server_ssl_.get());
        SSL_set_connect_state(client_ssl_.get());
        server_.emplace(server_ssl_.get());
        client_.emplace(client_ssl_.get());
    }

    TlsStream& server() { return *server_; }
    TlsStream& client() { return *client_; }
    /// The client's bytes end, without a word.
    void cut_client() { BIO_shutdown_wr(SSL_get_wbio(client_ssl_.get())); }

    /// How often an end had to wait for the other one.
    int handshake() {
        int waits = 0;
        Io client = Io::want_read;
        Io server = Io::want_read;
        while (client != Io::done || server != Io::done) {
            if (client != Io::done) client = client_->handshake();
            if (server != Io::done) server = server_->handshake();
            REQUIRE(client != Io::failed);
            REQUIRE(server != Io::failed);
            REQUIRE(++waits < 10'000);
        }
        return waits;
    }

  private:
    Context server_context_{SSL_CTX_new(TLS_server_method())};
    Context client_context_{SSL_CTX_new(TLS_client_method())};
    Ssl server_ssl_;
    Ssl client_ssl_;
    std::optional<TlsStream> server_;
    std::optional<TlsStream> client_;
};

Io read(TlsStream& stream, std::string& text) {
    std::array<char, 16384> buffer;
    std::size_t got = 0;
    const Io io = stream.read(buffer, got);
    if (io == Io::done) text.append(buffer.data(), got);
    return io;
}

}  // namespace

TEST_CASE("a handshake that comes a few bytes at a time goes on where it was", "[session]") {
    const std::size_t room = GENERATE(1u << 16, 100u, 7u);
    CAPTURE(room);
    Ends ends(room);
    const int waits = ends.handshake();
    if (room == 7) CHECK(waits > 50);
    std::string text;
    CHECK(read(ends.server(), text) == Io::want_read);
}

TEST_CASE("a wire that is full is waited for, and the write goes on", "[session]") {
    Ends ends(2'000);
    ends.handshake();
    const std::string sent(10'000, 'x');
    std::size_t taken = 0;
    CHECK(ends.client().write(sent, taken) == Io::want_write);
    std::string text;
    for (Io io = Io::want_write; io != Io::done;) {
        CHECK(read(ends.server(), text) == Io::want_read);  // a record counts when it is whole
        io = ends.client().write(sent, taken);
        REQUIRE((io == Io::done || io == Io::want_write));
    }
    CHECK(taken == sent.size());
    CHECK(read(ends.server(), text) == Io::done);
    CHECK(text == sent);
}

TEST_CASE("close_notify is an end, and the bytes' end without it is a failure", "[session]") {
    Ends ends;
    ends.handshake();
    std::size_t taken = 0;
    REQUIRE(ends.client().write("bye", taken) == Io::done);
    std::string text;
    SECTION("with close_notify, both ways") {
        CHECK(ends.client().shutdown() == Io::done);
        CHECK(read(ends.server(), text) == Io::done);
        CHECK(read(ends.server(), text) == Io::ended);
        CHECK(ends.server().shutdown() == Io::ended);
        CHECK(read(ends.client(), text) == Io::ended);
    }
    SECTION("without") {
        ends.cut_client();
        CHECK(read(ends.server(), text) == Io::done);
        CHECK(read(ends.server(), text) == Io::failed);
        CHECK(ends.server().failure().truncated());
        CHECK_FALSE(ends.server().failure().alert());
        CHECK(ends.server().shutdown() == Io::failed);
        CHECK(read(ends.client(), text) != Io::ended);  // no close_notify was sent
    }
    CHECK(text == "bye");
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("an alert is told by its number, and by both ends' own words", "[session]") {
    Ends ends(1u << 16, TLS1_3_VERSION, TLS1_2_VERSION);
    CHECK(ends.client().handshake() == Io::want_read);
    CHECK(ends.server().handshake() == Io::failed);
    CHECK(ends.server().failure().reason() == std::string("unsupported protocol"));
    CHECK_FALSE(ends.server().failure().alert());
    CHECK(ends.client().handshake() == Io::failed);
    CHECK(ends.client().failure().alert() == 70);  // protocol_version
    CHECK_FALSE(ends.client().failure().truncated());
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("before its handshake is over a session has nothing to close", "[session]") {
    Ends ends;
    CHECK(ends.client().handshake() == Io::want_read);
    CHECK(ends.client().shutdown() == Io::failed);
    ends.handshake();
    CHECK(ends.client().shutdown() == Io::done);
}

}  // namespace session_tls_stream_test
