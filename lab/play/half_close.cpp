#include "lab/play/half_close.h"

#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "certs/openssl.h"
#include "lab/http/response_reader.h"
#include "lab/net/address.h"
#include "lab/net/descriptor.h"

namespace sni::play {

namespace {

constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};
constexpr std::size_t kBody = 16u << 20;

net::Descriptor connected(const Endpoint& to) {
    const net::Address address(to);
    net::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return {};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        ::setsockopt(socket.fd(), SOL_SOCKET, option, &kPatience, sizeof kPatience);
    }
    if (::connect(socket.fd(), address.get(), address.size()) != 0) return {};
    return socket;
}

std::string read_answer(SSL* ssl) {
    http::ResponseReader reader(kBody);
    std::array<char, 16384> bytes;
    std::size_t total = 0;
    for (;;) {
        const int got = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()));
        if (got <= 0) {
            ERR_clear_error();
            if (reader.end() == http::ResponseReader::State::whole) return "";
            return fmt::format("the answer ended after {} bytes", total);
        }
        total += static_cast<std::size_t>(got);
        const auto state = reader.feed({bytes.data(), static_cast<std::size_t>(got)});
        if (state == http::ResponseReader::State::whole) return "";
        if (state == http::ResponseReader::State::broken) return reader.error();
    }
}

}  // namespace

std::string get_half_closed(const Endpoint& gateway, const std::optional<std::string>& sni,
                            const std::string& path) {
    const net::Descriptor socket = connected(gateway);
    if (!socket) return "no connection to the gateway";
    const certs::Owned<SSL_CTX, SSL_CTX_free> context(
        certs::check(SSL_CTX_new(TLS_client_method()), "set up a TLS client"));
    const certs::Owned<SSL, SSL_free> ssl(
        certs::check(SSL_new(context.get()), "set up a TLS session"));
    SSL_set_fd(ssl.get(), socket.fd());
    if (sni) SSL_set_tlsext_host_name(ssl.get(), sni->c_str());
    ERR_clear_error();
    if (SSL_connect(ssl.get()) != 1) {
        ERR_clear_error();
        return "the handshake failed";
    }
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, sni.value_or(to_string(gateway)));
    if (SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) {
        ERR_clear_error();
        return "the request could not be sent";
    }
    SSL_shutdown(ssl.get());
    ::shutdown(socket.fd(), SHUT_WR);
    return read_answer(ssl.get());
}

}  // namespace sni::play
