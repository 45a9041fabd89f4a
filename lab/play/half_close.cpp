#include "lab/play/half_close.h"

#include <fmt/format.h>

#include "lab/client/tls_client.h"

namespace sni::play {

namespace {

constexpr std::size_t kBody = 16u << 20;

std::string words(const proof::Trouble& trouble) {
    return fmt::format("{} during the {}{}{}", to_string(trouble.how), to_string(trouble.stage),
                       trouble.detail.empty() ? "" : ": ", trouble.detail);
}

}  // namespace

std::string get_half_closed(const Endpoint& gateway, const std::optional<std::string>& sni,
                            const std::string& path) {
    auto connection =
        client::TlsConnection::open({.to = gateway, .sni = sni, .finishes_first = true});
    if (!connection) return words(connection.error());
    const auto answer = connection->get(path, sni.value_or(to_string(gateway)), kBody);
    return answer ? "" : words(answer.error());
}

}  // namespace sni::play
