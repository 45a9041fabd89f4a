#include "cli/pem_files.h"

#include <CLI/App.hpp>
#include <fmt/format.h>

#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"

namespace sni::cli {

std::optional<std::string> read_anchors(const std::filesystem::path& cacert) {
    if (cacert.empty()) return std::nullopt;
    std::string pem = certs::read_file(cacert);
    if (const auto anchors = certs::inspect(pem); !anchors) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("--cacert {} holds no certificate", cacert.string()),
                      anchors.error());
    }
    return pem;
}

CLI::Option* add_client_pair(CLI::App& cmd, ClientPair& pair, const std::string& help) {
    CLI::Option* cert =
        cmd.add_option(
               "--client-cert", pair.cert,
               "Your client certificate (PEM, leaf first), shown when one is asked for" + help)
            ->type_name("FILE");
    cmd.add_option("--client-key", pair.key, "Its key")->type_name("FILE")->needs(cert);
    return cert->needs("--client-key");
}

std::optional<certs::CertBundle> read_client_pair(const ClientPair& pair) {
    if (pair.cert.empty()) return std::nullopt;
    auto bundle = certs::read_pair({.cert = pair.cert, .key = pair.key});
    if (!bundle) {
        refuse(fmt::format("--client-cert: there is no {} with {}", printable(pair.cert.string()),
                           printable(pair.key.string())),
               "both are PEM files");
    }
    return bundle;
}

}  // namespace sni::cli
