// One connection through a gateway: two sides, each with TLS or without, and what comes on one goes
// out on the other. For .cpp files of this folder only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/direction.h"
#include "lab/gateways/waiting.h"

namespace sni::gateways {

using session::ContextPtr;

inline const std::string& http_1_1() {
    static const std::string name = "http/1.1";
    return name;
}

/// Of a gateway that ends TLS with this certificate, leaf first; it speaks `alpn`, which outlives
/// it, where the client asks for that. Throws Failure(Exit::machine).
ContextPtr ending_context(const std::string& chain_pem, const certs::KeyPem& key,
                          const std::string& alpn = http_1_1());
/// Of a gateway that begins TLS. It takes any certificate.
ContextPtr beginning_context();

/// Where a connection goes, and what is done to it; outlives it.
struct Way {
    Endpoint backend;
    ContextPtr ends = nullptr;    ///< the client's TLS; null: its bytes are taken as they come
    ContextPtr begins = nullptr;  ///< TLS to the backend; null: bytes leave as they are
    std::chrono::milliseconds idle{10'000};  ///< that both sides may be silent
};

/// Honest: it changes nothing that it passes on. What derives from it may.
class Connection {
  public:
    /// `stop` is called when it has to end.
    Connection(const Way& way, const net::Wakeup& stop) : way_(way), stop_(stop) {}
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Until either side is over.
    void serve(net::PlainStream client);

  protected:
    /// Before the handshake with the client, and with the backend.
    virtual void before_ending(SSL* /*client*/) {}
    virtual void before_beginning(SSL* /*backend*/) {}
    /// When both sides are there; false when the connection ends with that.
    virtual bool before_relay() { return true; }
    /// A piece of what a side said, without its TLS, to be sent on; false when the connection ends
    /// with that.
    virtual bool client_said(std::string_view piece);
    virtual bool backend_said(std::string_view piece);

    /// As the client's hello names it.
    std::optional<std::string> sni() const;
    /// Everything that comes this way so far; false when that is over.
    bool pass_on(Direction& way);

    const Way& way_;
    const net::Wakeup& stop_;
    session::Channel client_;
    session::Channel backend_;
    Direction up_{client_, backend_};
    Direction down_{backend_, client_};

  private:
    bool dial();
    bool begin();
    /// True when the client is yet to be told that the connection ends, in order.
    bool relay();
    /// As much as both sides allow now, a helping at most: true when there may be more of it.
    bool move(Direction& way);
    /// The way from the side that failed; null while both are there.
    Direction* broken();
    /// What came that way goes on, and then its other side is cut, too.
    void break_off(Direction& way);
};

}  // namespace sni::gateways
