// A range of IP addresses as users write it: 10.0.0.0/8, 2001:db8::/32, 127.0.0.1.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace sni {

/// An IPv4 address and the IPv6 one that stands for it (::ffff:a.b.c.d) are the same here, so that
/// a range holds for a listener of either kind.
class Cidr {
  public:
    /// An address alone is a range of one. Bits behind the prefix must be zero: whoever writes
    /// 10.0.0.1/8 may mean one address. The error is a sentence without full stop that quotes
    /// `text`.
    static Result<Cidr, std::string> parse(std::string_view text);

    /// Never a DNS name or a Unix socket. The port does not matter.
    bool contains(const Endpoint& endpoint) const;

    /// As parse() takes it: "10.0.0.0/8".
    std::string text() const;
    bool operator==(const Cidr&) const = default;

  private:
    Cidr() = default;
    std::array<unsigned char, 16> base_{};  // as IPv6
    unsigned prefix_ = 0;                   // of 128
    bool v4_ = false;
};

}  // namespace sni
