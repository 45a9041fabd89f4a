// Both directions of one connection's ciphertext, as they pass the TLS engine's own byte boundary:
// digested, and the ClientHellos kept. Client and backend listen with the same code.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"
#include "lab/session/deferred_digest.h"
#include "lab/tls/hello_recorder.h"

struct ssl_st;  // OpenSSL's SSL

namespace sni::session {

class StreamRecord {
  public:
    /// So much of both directions is remembered before anybody has asked for a proof; then a
    /// backend gives up, since bulk transfers should not pay for what nobody wants to know.
    static constexpr std::uint64_t kUnasked = 1u << 20;
    /// So much of what came in does a client keep, to digest as much of it as the backend names.
    static constexpr std::size_t kRemembered = 4u << 20;

    enum class End { client, backend };
    explicit StreamRecord(End end);
    StreamRecord(const StreamRecord&) = delete;
    StreamRecord& operator=(const StreamRecord&) = delete;

    /// Listens to the BIO that `ssl` has; before the handshake. Must outlive `ssl`.
    void listen_to(ssl_st* ssl);

    /// Somebody asked for a proof, and may ask again: never give up.
    void keep();

    /// Nothing after giving up.
    std::optional<proof::StreamDigest> sent() const;
    std::optional<proof::Streams> streams() const;
    std::uint64_t received_bytes() const { return received_bytes_; }
    /// A client's digest of the first `bytes` that came in; nothing when fewer did, or too many.
    std::optional<proof::StreamDigest> received_up_to(std::uint64_t bytes) const;

    /// A client's: SHA-256 of the ServerHello that it took; nothing before that was whole.
    std::optional<Digest> server_hello() const;

    /// As the client sent them, or as they arrived at the backend.
    const std::vector<tls::HelloRecorder::Hello>& hellos() const { return hellos_.hellos(); }
    std::vector<proof::HelloFacts> hello_facts() const;

    /// What the BIO tells; for listen_to()'s callback alone.
    void note_received(Bytes bytes);
    void note_sent(Bytes bytes);

  private:
    void give_up_when_unasked();

    End end_;
    bool kept_;
    std::optional<DeferredDigest> received_;
    std::optional<DeferredDigest> sent_;
    std::uint64_t received_bytes_ = 0;
    std::vector<std::byte> remembered_;
    tls::HelloRecorder hellos_;
};

}  // namespace sni::session
