#include "lab/lookup/tls_secret.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/pem_text.h"

namespace sni::lookup {

namespace {

struct PemBlock {
    std::string_view label;
    std::string_view body;
};

/// The first block whose label ends in `ending` (RFC 7468).
std::optional<PemBlock> block_of(std::string_view text, std::string_view ending) {
    constexpr std::string_view kDashes = "-----";
    for (std::size_t at = text.find(kPemBegin); at != std::string_view::npos;
         at = text.find(kPemBegin)) {
        text.remove_prefix(at + kPemBegin.size());
        const std::size_t dashes = text.find(kDashes);
        if (dashes == std::string_view::npos) return std::nullopt;
        const std::string_view label = text.substr(0, dashes);
        const std::string_view rest = text.substr(dashes + kDashes.size());
        const std::size_t end = rest.find(fmt::format("-----END {}-----", label));
        if (end == std::string_view::npos || !label.ends_with(ending)) continue;
        return PemBlock{label, rest.substr(0, end)};
    }
    return std::nullopt;
}

/// One SEQUENCE, whose length is that of the rest (X.690 §8.1.3).
bool is_whole_der(const std::vector<std::byte>& bytes) {
    if (bytes.size() < 2 || bytes[0] != std::byte{0x30}) return false;
    const auto first = std::to_integer<std::size_t>(bytes[1]);
    if (first < 0x80) return bytes.size() == 2 + first;
    const std::size_t octets = first - 0x80;
    if (octets == 0 || octets > 4 || bytes.size() < 2 + octets) return false;
    std::size_t length = 0;
    for (std::size_t i = 0; i < octets; ++i) {
        length = length << 8 | std::to_integer<std::size_t>(bytes[2 + i]);
    }
    return bytes.size() == 2 + octets + length;
}

bool holds_der(std::string_view text) {
    std::string dense(text);
    std::erase_if(dense, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    const auto bytes = from_base64(dense);
    return bytes && is_whole_der(*bytes);
}

std::string problem_of(const Secret& secret, const std::string& cert, const std::string& key) {
    if (!holds_certificate(secret.data.at(cert)))
        return fmt::format("has no certificate in {}", cert);
    const auto own = block_of(secret.data.at(key), "PRIVATE KEY");
    if (!own) return fmt::format("has no private key in {}", key);
    // With RFC 1421's headers, too: nobody tells the gateway a password.
    if (own->label == "ENCRYPTED PRIVATE KEY" || own->body.contains("ENCRYPTED"))
        return fmt::format("has a key in {} that needs a password", key);
    return holds_der(own->body) ? std::string() : fmt::format("has no private key in {}", key);
}

}  // namespace

bool holds_certificate(std::string_view pem) {
    const auto block = block_of(pem, "CERTIFICATE");
    return block && holds_der(block->body);
}

std::string authorities_of(const std::map<std::string, std::string>& data) {
    for (const char* key : {"cacert", "ca.crt"}) {
        const auto found = data.find(key);
        if (found != data.end() && !found->second.empty()) return found->second;
    }
    return {};
}

const Secret* secret_at(const Manifest& manifest, std::string_view path) {
    const auto found = std::ranges::find_if(
        manifest.secrets, [&](const Secret& secret) { return secret.meta.path() == path; });
    return found == manifest.secrets.end() ? nullptr : &*found;
}

std::string tls_secret_problem(const Secret& secret) {
    const auto has = [&](const char* key) { return secret.data.contains(key); };
    if (has("cert") && has("key")) return problem_of(secret, "cert", "key");
    if (has("tls.crt") && has("tls.key")) return problem_of(secret, "tls.crt", "tls.key");
    return "has not both tls.crt and tls.key";
}

}  // namespace sni::lookup
