// A ClientHello as a router needs it, and the strict reading that it routes by.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/bytes.h"
#include "lab/core/dns_name.h"
#include "lab/tls/verdict.h"

namespace sni::tls {

/// A DnsName's text in memory of its own, so that reading a hello takes none from the heap.
class ServerName {
  public:
    /// Of at most kMostDnsName characters.
    explicit ServerName(std::string_view name) : size_(static_cast<std::uint8_t>(name.size())) {
        std::ranges::copy(name, text_.begin());
    }
    std::string_view text() const { return {text_.data(), size_}; }
    operator std::string_view() const { return text(); }

  private:
    std::array<char, kMostDnsName> text_;
    std::uint8_t size_;
};

/// Views into the message: it must outlive them.
struct ClientHello {
    std::optional<ServerName> server_name;             ///< checked, in lower case
    std::optional<std::string_view> server_name_sent;  ///< as sent: any bytes, of any length
    Bytes alpn;  ///< the extension's data, for each_alpn_name(); empty: none, or not checked
    bool ech_offered = false;
    std::size_t listed_bytes = 0;  ///< of the lists that a fingerprint is made of

    /// What records keep of server_name_sent: a legal hello can make a megabyte of 64 kB.
    static constexpr std::size_t kKeptBytes = 256;
    std::optional<std::string> name_to_keep() const {
        if (!server_name_sent) return std::nullopt;
        return std::string(server_name_sent->substr(0, kKeptBytes));
    }
};

/// A name that ends in a dot is none by RFC 6066 §3, but some clients send what they were given.
enum class TrailingDot {
    refuse,
    strip,  ///< one; the name is read as if the dot were not there
};

/// Reads the message's body, behind type and length. Every vector must end exactly where its parent
/// says: a router that guesses here may route to another backend than the one that will read the
/// same bytes. Verdict::hello, or malformed to unroutable_name; then `hello` holds what was read
/// before that: for a log, and nobody routes by it.
Verdict read_client_hello(Bytes body, TrailingDot dot, ClientHello& hello);

}  // namespace sni::tls
