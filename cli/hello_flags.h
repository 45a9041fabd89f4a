// The flags that say what our own ClientHello looks like: of every command that sends one.
#pragma once

#include <string>

#include "lab/client/offer.h"

namespace CLI {
class App;
}

namespace sni::cli {

struct HelloFlags {
    std::string as = "curl";
    std::string tls;     ///< "1.2" or "1.3"; empty: both
    std::string alpn;    ///< names with commas between, or none; empty: as the client does
    std::string groups;  ///< empty: as the client does
};

/// --as, --tls, --alpn and --groups; `alpn` says what is offered by ALPN without its flag.
void add_hello(CLI::App& cmd, HelloFlags& flags, const std::string& alpn = "the client's");

/// Throws Failure(Exit::usage) for what OpenSSL cannot offer.
client::Offer read_hello(const HelloFlags& flags);

/// The value of --groups with colons between, which is all that OpenSSL and curl take.
std::string openssl_groups(const HelloFlags& flags);

/// "h2,http/1.1" as its names; "none" has none.
std::vector<std::string> alpn_names(const std::string& text);

}  // namespace sni::cli
