// The server's end of one TLS connection. For .cpp files only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/backend/channel.h"
#include "lab/core/cert_facts.h"
#include "lab/proof/statement.h"
#include "lab/session/first_flight.h"
#include "lab/session/stream_record.h"
#include "lab/session/tls_stream.h"

namespace sni::backend {

/// The connection's ciphertext: every byte that enters or leaves the TLS engine passes here and
/// nowhere else, through the BIO that the engine is given.
class Wire {
  public:
    /// `socket` outlives this.
    explicit Wire(net::PlainStream& socket) : socket_(socket) {}

    Io read(std::span<char> into, std::size_t& got);
    Io write(std::string_view bytes, std::size_t& taken) { return socket_.write(bytes, taken); }
    /// What came in so far; nothing is kept of what comes after.
    session::FirstFlight take_first_flight() {
        return std::exchange(first_flight_, std::nullopt).value_or(session::FirstFlight{});
    }

    /// What came in first, up to 64 bytes, be it unread: OpenSSL reads no more of a record than its
    /// header when that is none. Until take_first_flight().
    std::vector<std::byte> first_bytes() const;
    std::uint64_t received() const { return received_; }
    /// The peer has finished sending.
    bool ended() const { return ended_; }

  private:
    net::PlainStream& socket_;
    std::uint64_t received_ = 0;
    bool ended_ = false;
    std::optional<session::FirstFlight> first_flight_{std::in_place};
};

class TlsChannel : public Channel {
  public:
    TlsChannel(net::PlainStream socket, SSL_CTX* context);

    Io handshake() override;
    Io read(std::span<char> into, std::size_t& got) override;
    Io write(std::string_view bytes, std::size_t& taken) override;
    /// close_notify and FIN.
    void finish() override;

    const Wire& wire() const { return wire_; }

    SSL* ssl() const { return ssl_.get(); }
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
    Io outcome(Io io);

    Wire wire_{socket_};
    session::StreamRecord record_{session::StreamRecord::End::backend};
    certs::Owned<SSL, SSL_free> ssl_;
    session::TlsStream tls_{ssl_.get()};
    const char* trouble_ = "the client closed the connection";  ///< OpenSSL's texts last for ever
};

}  // namespace sni::backend
