// An Endpoint as the socket calls take it, and back. Inside lab/net only.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "lab/core/endpoint.h"

namespace sni::net {

class Address {
  public:
    Address() = default;
    Address(const sockaddr* address, socklen_t size);
    /// IPv4, IPv6 and Unix paths; a DNS name must have been resolved before.
    explicit Address(const Endpoint& endpoint);

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }
    int family() const { return storage_.sun_family; }
    Endpoint endpoint() const;
    /// A link-local address as "fe80::1%eth0"; all others as endpoint().
    Endpoint endpoint_with_zone() const;

  private:
    sockaddr_un storage_{};  // the largest of the three
    socklen_t size_ = 0;
};

/// Where the socket is bound, with the real port.
Endpoint local_endpoint(int fd);

}  // namespace sni::net
