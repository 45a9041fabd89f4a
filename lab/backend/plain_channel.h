// A connection without TLS, for gateways that terminate it. For .cpp files only.
#pragma once

#include "lab/backend/channel.h"
#include "lab/net/descriptor.h"

namespace sni::backend {

class PlainChannel : public Channel {
  public:
    explicit PlainChannel(net::Descriptor socket) : socket_(std::move(socket)) {}

    Io handshake() override { return Io::done; }
    Io read(std::span<char> into, std::size_t& got) override;
    Io write(std::string_view bytes, std::size_t& taken) override;
    void finish() override;
    int fd() const override { return socket_.fd(); }

  private:
    net::Descriptor socket_;
};

}  // namespace sni::backend
