// Certificates that a flag names: each is looked at before anybody is asked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "certs/issue.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sni::cli {

/// The PEM of --cacert; nothing without the flag. Throws Failure(Exit::usage) for a file without a
/// certificate.
std::optional<std::string> read_anchors(const std::filesystem::path& cacert);

/// The files of --client-cert and --client-key.
struct ClientPair {
    std::filesystem::path cert;
    std::filesystem::path key;
};

/// Both flags, of which none stands alone; `help` says more of the first.
CLI::Option* add_client_pair(CLI::App& cmd, ClientPair& pair, const std::string& help);

/// The client's certificate with its key; nothing without the flags. Throws Failure(Exit::usage)
/// for what is no such pair.
std::optional<certs::CertBundle> read_client_pair(const ClientPair& pair);

}  // namespace sni::cli
