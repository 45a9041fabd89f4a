// What a handler is given, and the few ways to make a response. Handlers are functions from an
// Exchange to a Response; one theme, one file, and routes.cpp lists them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "certs/identity.h"
#include "lab/core/cert_facts.h"
#include "lab/core/endpoint.h"
#include "lab/http/message.h"
#include "lab/proof/statement.h"
#include "lab/proxy/header.h"
#include "lab/session/first_flight.h"
#include "lab/session/stream_record.h"

namespace sni::httpbin {

using http::Header;
using http::Headers;
using http::Request;
using http::Response;

/// A proxy that is believed, and what it said of the connection.
struct ProxyClaim {
    Endpoint from;
    proxy::Header header;
};

/// Of the handshake, beside what proof::TlsFacts has and a statement signs; what the client offered
/// is in the first flight.
struct Handshake {
    std::string signature;    ///< "ecdsa_sha256": what this end signed with; empty: it did not sign
    bool early_data = false;  ///< accepted; never, as it is configured
    bool operator==(const Handshake&) const = default;
};

/// One client connection as only the true end of TLS knows it.
struct Connection {
    Endpoint peer;  ///< the client; behind a proxy that is believed, the one that it names
    Endpoint local;
    std::optional<ProxyClaim> proxy;
    session::FirstFlight first_flight;    ///< empty without TLS
    std::optional<proof::TlsFacts> tls;   ///< nothing: came in without TLS
    std::optional<Digest> server_random;  ///< of the ServerHello, below TLS 1.3
    Handshake handshake;
    std::optional<CertFacts> client_certificate;
    /// SHA-256 of the exporter for a nonce; nothing when OpenSSL has none. The exporter itself is
    /// wiped before this returns.
    std::function<std::optional<Digest>(const proof::Nonce&)> exporter_sha256;
    /// The same for the exporter of RFC 9266, which binds other protocols to this channel.
    std::function<std::optional<Digest>()> channel_binding_sha256;
    std::function<std::optional<std::string>()> client_certificate_pem;
    /// The ciphertext so far, and the ClientHellos; null: came in without TLS.
    session::StreamRecord* record = nullptr;
};

/// The backend as a whole: the same for all connections.
struct Site {
    std::string name;
    CertFacts certificate;  ///< the leaf it serves
    std::optional<certs::Identity> identity;
    bool key_log = false;  ///< TLS secrets are written to a file: whoever has it can read along
    std::map<std::string, std::string> environment;  ///< what /env may show
};

struct Exchange {
    const Request& request;
    const Connection& connection;
    const Site& site;
    std::vector<std::string> parameters;  ///< what the {…} of the route matched, decoded
};

/// Pretty, sorted keys, a newline at the end; bytes that are no UTF-8 become U+FFFD.
Response json_response(const nlohmann::json& document, int status = 200);
/// {"status_code":400,"error":"Bad Request","detail":…}
Response error_response(int status, std::string_view detail);
Response html_response(std::string page);
Response text_response(std::string text);
/// True when the client says that it reads HTML, and that it likes `instead` no better: browsers
/// do, curl and libraries do not.
bool wants_html(const Request& request, std::string_view instead = "application/json");

}  // namespace sni::httpbin
