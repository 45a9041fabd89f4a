// What a client's first bytes are: one word for each answer, for the router, its log and the
// client.
#pragma once

#include <optional>
#include <string_view>

#include "lab/tls/alert.h"

namespace sni::tls {

/// What the bytes so far are. All but the first two are refusals; the enumerator is the word in the
/// log.
enum class Verdict {
    need_more,
    hello,
    not_tls,             ///< not even a handshake record: plain HTTP, ssh, a PROXY header
    ssl_v2,              ///< a ClientHello of SSL 2.0 (RFC 6176)
    bad_version,         ///< a record whose major version is not 3
    record_overflow,     ///< a record of more than 2^14 bytes
    unexpected_message,  ///< an empty record, or something else than a ClientHello
    hello_too_large,
    malformed,        ///< a length that lies, a vector out of its bounds, bytes left over
    duplicate,        ///< an extension type twice, or two names in server_name
    bad_name,         ///< a server name that no DNS name can be
    unroutable_name,  ///< an IP literal, or a name with a trailing dot
};
std::string_view to_string(Verdict verdict);

/// What to tell the client; nothing for one that speaks no TLS.
std::optional<Alert> alert_for(Verdict refusal);

}  // namespace sni::tls
