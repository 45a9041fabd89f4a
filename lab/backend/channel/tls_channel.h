// The server's end of one TLS connection. For .cpp files only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/backend/channel/channel.h"
#include "lab/core/cert_facts.h"
#include "lab/proof/statement.h"
#include "lab/session/first_flight.h"
#include "lab/session/stream_record.h"
#include "lab/session/tls_stream.h"
#include "lab/tls/hello_scanner.h"

namespace sni::backend {

/// The connection's ciphertext: every byte that enters or leaves the TLS engine passes here and
/// nowhere else, through the BIO that the engine is given.
class Wire {
  public:
    /// `socket` outlives this.
    explicit Wire(net::PlainStream& socket) : socket_(socket) {}

    /// Takes what there is of the ClientHello; read() gives it again. `want_read` while the rest of
    /// it must come; else, be it that there will be none, it is the engine's turn.
    Io take_hello();

    Io read(std::span<char> into, std::size_t& got);
    Io write(std::string_view bytes, std::size_t& taken) { return socket_.write(bytes, taken); }
    /// What came in so far; nothing is kept of what comes after. When the handshake is done: then
    /// read() has given all that take_hello() took, since no client can finish it ahead of our
    /// hello.
    session::FirstFlight take_first_flight() {
        return std::exchange(first_flight_, std::nullopt).value_or(session::FirstFlight{});
    }
    /// Memory that the first flight takes.
    std::size_t held() const { return first_flight_ ? first_flight_->held() : 0; }

    /// What came in first, up to 64 bytes, be it unread: OpenSSL reads no more of a record than its
    /// header when that is none. Until take_first_flight().
    std::vector<std::byte> first_bytes() const;
    std::uint64_t received() const { return received_; }
    /// The peer has finished sending.
    bool ended() const { return ended_; }

  private:
    Io receive(std::span<char> into, std::size_t& got);

    net::PlainStream& socket_;
    std::uint64_t received_ = 0;
    bool ended_ = false;
    std::optional<session::FirstFlight> first_flight_{std::in_place};
    tls::HelloScanner scanner_{session::FirstFlight::kMost};
    std::size_t given_ = 0;  ///< of what take_hello() took
    std::size_t taken_ = 0;  ///< by take_hello()
};

/// OpenSSL's session is made when the ClientHello is whole: a client that has sent less costs what
/// it has sent, and not what a session costs.
class TlsChannel : public Channel {
  public:
    /// `context` outlives this.
    TlsChannel(net::PlainStream socket, SSL_CTX* context)
        : Channel(std::move(socket)), context_(context) {}

    Io handshake() override;
    Io read(std::span<char> into, std::size_t& got) override;
    Io write(std::string_view bytes, std::size_t& taken) override;
    /// close_notify and FIN.
    Io finish() override;

    const Wire& wire() const { return wire_; }

    /// A part of a ClientHello came, and its rest is waited for.
    bool half_hello() const { return !engine_ && wire_.received() > 0; }

    /// Once the handshake is done.
    SSL* ssl() const { return engine_->ssl.get(); }
    /// Why the handshake failed, in OpenSSL's words or ours.
    const char* trouble() const { return trouble_; }
    /// Once, when the handshake is done.
    session::FirstFlight take_first_flight() { return wire_.take_first_flight(); }

    /// After the handshake.
    proof::TlsFacts facts() const;
    std::optional<Digest> server_random() const;
    std::optional<CertFacts> client_certificate() const;
    std::optional<Digest> exporter_sha256(const proof::Nonce& nonce) const;
    /// What passed the TLS engine so far.
    session::StreamRecord& record() { return record_; }

  private:
    /// An OpenSSL session, and what is done with it.
    struct Engine {
        explicit Engine(SSL_CTX* context);
        certs::Owned<SSL, SSL_free> ssl;
        session::TlsStream tls{ssl.get()};
    };

    void make_engine();
    Io outcome(Io io);

    SSL_CTX* context_;
    Wire wire_{socket_};
    session::StreamRecord record_{session::StreamRecord::End::backend};
    std::unique_ptr<Engine> engine_;  ///< nothing before the hello is whole
    const char* trouble_ = "the client closed the connection";  ///< OpenSSL's texts last for ever
};

}  // namespace sni::backend
