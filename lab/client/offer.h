// What a ClientHello of ours offers, and hellos that look like other clients'. OpenSSL writes them,
// so they come as near as its API goes: a browser's GREASE in every list, its ECH and its order of
// extensions cannot be had byte for byte. Whoever wants those runs the browser itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sni::client {

enum class TlsVersion { tls_1_2, tls_1_3 };

/// Without a change it is what curl offers: a gateway that spares odd hellos cannot spare ours.
/// Lists are in OpenSSL's words; an empty one is its own choice.
struct Offer {
    std::vector<std::string> alpn{"h2", "http/1.1"};
    std::optional<TlsVersion> only;  ///< nothing: 1.2 and 1.3
    std::string suites;              ///< of TLS 1.2
    std::string suites_1_3;
    std::string groups;
    std::string signatures;
    bool session_ticket = false;  ///< the extension of TLS 1.2; 1.3 needs none (RFC 8446 §4.6.1)
    bool post_handshake_auth = true;
    bool padding = true;  ///< to 512 bytes (RFC 7685)
    bool encrypt_then_mac = true;
    /// status_request, signed_certificate_timestamp and two extensions of GREASE (RFC 8701).
    bool browser_extensions = false;
    bool operator==(const Offer&) const = default;
};

/// Whose hello offer_like() knows, in the order in which help names them.
inline constexpr const char* kClients[] = {"curl", "browser", "python", "node"};

/// As curl, a Chromium, Python's http.client and Node's https would; nothing for another word.
std::optional<Offer> offer_like(std::string_view client);

/// RFC 7301 §3.1: 1 to 255 bytes.
bool is_alpn_name(std::string_view name);

/// What is wrong with its lists, as a sentence's end; OpenSSL takes them when nothing is.
Result<void, std::string> usable(const Offer& offer);

/// Throws Failure(Exit::machine) where usable() finds something wrong.
void apply(const Offer& offer, ssl_ctx_st* context);

/// An HTTP/1.1 request may go over a connection for which this was chosen; "" for nothing chosen.
bool speaks_http_1(std::string_view alpn);

}  // namespace sni::client
