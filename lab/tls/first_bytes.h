// What a client speaks that does not speak TLS, by its first bytes: for the log and for whoever
// wonders why a connection was refused.
#pragma once

#include <string_view>

#include "lab/core/bytes.h"

namespace sni::tls {

/// A word for the protocol that `bytes`, the first that a client sent, begin with: "proxy" (a PROXY
/// header, version 1 or 2), "http", "http2", "ssh", "postgres" (its SSLRequest or StartupMessage),
/// "mysql", "smtp", "imap", "pop3", "ftp", "ldap", "xmpp", "redis", "mqtt", "rdp", "socks", "tls"
/// (a record of TLS that is no handshake), "text" or "binary" for anything else, "nothing" for no
/// bytes.
std::string_view spoken_in(Bytes bytes);

}  // namespace sni::tls
