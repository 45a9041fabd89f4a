// Requests of ours as lines for curl. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/hello_flags.h"
#include "cli/pem_files.h"
#include "lab/http/url.h"

namespace sni::cli {

/// What curl is to send, and where.
struct CurlRequest {
    http::Url url;
    std::optional<std::string> sni;         ///< nothing: none is sent
    std::string to;                         ///< HOST:PORT to connect to
    std::string trust;                      ///< of curl_trust(), or empty
    HelloFlags hello;                       ///< its ALPN as it is offered
    std::vector<std::string> headers = {};  ///< as -H takes them
    ClientPair client = {};
};

/// The words behind "curl": the same host in SNI and in Host, path and headers, byte for byte. What
/// curl has no flag for (--as, other names by ALPN) is left out. Without SNI the URL has an address
/// instead of the name, so that no certificate can be judged.
std::string curl_words(const CurlRequest& request);

/// True where curl's hello with these words is the one that we send.
bool is_curls_own(const HelloFlags& hello);

}  // namespace sni::cli
