// A connection that is cheated on. Private to cheating_gateway.cpp.
#pragma once

#include <string>
#include <string_view>

#include "certs/identity.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/gateways/connection.h"
#include "lab/session/stream_record.h"

namespace sni::gateways {

/// It looks the client's part to the backend, and answers requests for the proof in its own way,
/// options.forgery.
class Cheat final : public Connection {
  public:
    /// All of them outlive it. `own` is not the identity that the client expects.
    Cheat(const CheatingOptions& options, const Way& way, const certs::Identity& own,
          const net::Wakeup& stop)
        : Connection(way, stop), options_(options), own_(own) {}
    ~Cheat() override { client_ = {}; }  // its TLS talks to the record

  private:
    void before_ending(SSL* ssl) override;
    void before_beginning(SSL* ssl) override;
    bool client_said(std::string_view piece) override;
    /// Answers a request for the proof in its own way; false when the connection ends with that.
    bool forge(std::string request);
    bool answer(std::string_view body);
    /// The body of the backend's answer to `request`.
    std::string fetch(std::string_view request);

    const CheatingOptions& options_;
    const certs::Identity& own_;
    session::StreamRecord record_{session::StreamRecord::End::backend};
};

}  // namespace sni::gateways
