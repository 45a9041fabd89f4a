// A goodbye that finds no room.
#include <array>
#include <optional>

#include <sys/socket.h>

#include "lab/backend/channel/tls_channel.h"
#include "lab/backend/tls_context.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace goodbye_test {

using namespace sni;
using backend::TlsChannel;
using net::Io;

namespace {

/// Both ends of a TLS session on one thread: neither waits.
struct Pair {
    Pair() {
        int ends[2] = {-1, -1};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        server.emplace(net::PlainStream(net::Descriptor(ends[0])), context.get());
        theirs = net::Descriptor(ends[1]);
        client.reset(SSL_new(client_context.get()));
        SSL_set_fd(client.get(), theirs.fd());
        SSL_set_connect_state(client.get());
        for (int turn = 0; turn < 10 && server->handshake() != Io::done; ++turn)
            SSL_do_handshake(client.get());
        // Its tickets, too.
        char nothing = 0;
        CHECK(SSL_read(client.get(), &nothing, 1) < 0);
        REQUIRE(SSL_is_init_finished(client.get()));
    }

    const backend::Options options = test::backend_options();
    const backend::SslContextPtr context = backend::make_tls_context(options);
    const backend::SslContextPtr client_context{SSL_CTX_new(TLS_client_method())};
    std::optional<TlsChannel> server;
    net::Descriptor theirs;
    certs::Owned<SSL, SSL_free> client;
};

}  // namespace

TEST_CASE("a goodbye that finds no room is said when there is some, and FIN only behind it",
          "[backend]") {
    Pair pair;
    std::array<char, 4'096> chunk{};
    // Below TLS, whose records are all out.
    std::size_t filled = 0, got = 0;
    while (net::send_now(pair.server->fd(), {chunk.data(), chunk.size()}, got) == Io::done)
        filled += got;
    CHECK(pair.server->finish() == Io::want_write);

    while (net::receive_now(pair.theirs.fd(), chunk, got) == Io::done)
        filled -= got;
    CHECK(filled == 0);  // neither a goodbye nor an end
    CHECK(pair.server->finish() == Io::done);
    CHECK(SSL_read_ex(pair.client.get(), chunk.data(), chunk.size(), &got) == 0);
    CHECK(SSL_get_error(pair.client.get(), 0) == SSL_ERROR_ZERO_RETURN);
    CHECK(net::receive_now(pair.theirs.fd(), chunk, got) == Io::ended);
}

}  // namespace goodbye_test
