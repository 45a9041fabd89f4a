// The flags of sni-lab backend: what they are, and the values they stand for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "certs/issue.h"
#include "lab/backend/backend.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// As the flags say it; nothing is read yet.
struct BackendFlags {
    std::string listen;
    std::string cert;
    std::string key;
    std::string client_ca;
    std::string client_cert;
    std::string min_tls = "1.2";
    std::string max_tls = "1.3";
    std::string ciphers;
    std::string alpn = "http/1.1";
    std::string key_log;
    std::string plain;
    std::string admin;
    std::string fault;
    std::size_t max_body = backend::Limits{}.body_bytes;
    std::size_t max_held = backend::Limits{}.held_bytes;
    std::size_t max_stalled = backend::Limits{}.hello_bytes;
    unsigned threads = 0;
    std::string lame_duck = "0s";
    std::string name = "backend";
    std::string identity;
    std::vector<std::string> accept_proxy;
    std::string access_log;
};

void add_flags(CLI::App& cmd, BackendFlags& flags);

/// Certificate and key, read anew. Throws Failure for files that cannot be read, and
/// Failure(Exit::usage) for a pair that does not fit.
certs::CertBundle read_pair(const BackendFlags& flags);

/// All that the backend is told but its identity and what it calls back; reads files and makes
/// none. Throws Failure(Exit::usage).
backend::Options options_of(const BackendFlags& flags);

}  // namespace sni::cli
