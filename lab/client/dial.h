// A TCP connection with a deadline, and what becomes of one in the words of the evidence. For this
// folder's .cpp files.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/http/response_reader.h"
#include "lab/net/dial.h"
#include "lab/net/wait.h"
#include "lab/proof/evidence.h"
#include "lab/session/channel.h"

namespace sni::client {

inline std::unexpected<proof::Trouble> trouble(proof::Stage stage, proof::Break how,
                                               std::string detail = {}) {
    return std::unexpected(proof::Trouble{.stage = stage, .how = how, .detail = std::move(detail)});
}

/// Tries every address of a name in order; the last one's trouble is told. The address that took
/// the connection is put into `taken`.
Result<net::PlainStream, proof::Trouble> connect_to(const Endpoint& to,
                                                    net::Clock::time_point deadline,
                                                    std::optional<Endpoint>* taken = nullptr,
                                                    net::SourcePort from = net::SourcePort::any);

/// A channel whose calls wait, until its deadline at the latest.
class Line {
  public:
    /// A stream of connect_to().
    Line(net::PlainStream socket, net::Clock::time_point deadline)
        : channel_(std::move(socket)), deadline_(deadline) {}

    session::Channel& channel() { return channel_; }
    const session::Channel& channel() const { return channel_; }
    net::Clock::time_point deadline() const { return deadline_; }

    Result<void, proof::Trouble> handshake();
    /// All of it.
    Result<void, proof::Trouble> write(std::string_view text, proof::Stage stage);
    /// PostgreSQL's SSLRequest, which a service that speaks TLS answers by one byte.
    Result<void, proof::Trouble> ask_for_tls();
    /// With at most `body_limit` bytes of body. Of an answer that is not whole, what came from its
    /// head on is put into `begun`.
    Result<http::ParsedResponse, proof::Trouble> read_response(
        std::size_t body_limit, proof::Stage stage,
        std::optional<http::ParsedResponse>* begun = nullptr);
    /// What comes next, whatever it is, is read and dropped until `enough` says so after a read: a
    /// record that holds no data, as a ticket's, counts as well.
    template <class Enough>
    void drop_until(Enough enough) {
        while (!enough()) {
            const net::Io io = drop_some();
            const bool over = io == net::Io::ended || io == net::Io::failed;
            if (over || (io != net::Io::done && !enough() && !ready(io))) return;
        }
    }

  private:
    /// Failed when time is up.
    net::Io drop_some();
    /// Waits for what `io` wants; false when that does not come in time.
    bool ready(net::Io io) const;
    template <class Call>
    Result<void, proof::Trouble> drive(proof::Stage stage, Call call);

    session::Channel channel_;
    net::Clock::time_point deadline_;
};

}  // namespace sni::client
