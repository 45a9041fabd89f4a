// A described ClientHello as JSON.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/tls/cipher_suites.h"
#include "lab/tls/code_points.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/names.h"

namespace sni::tls {

using nlohmann::json;

namespace {

std::string hex(std::uint16_t value) {
    const std::byte bytes[] = {std::byte(value >> 8), std::byte(value & 0xff)};
    return "0x" + to_hex(bytes);
}

json named(const std::vector<std::uint16_t>& values, std::string (*name)(std::uint16_t)) {
    json list = json::array();
    for (const std::uint16_t value : values) {
        list.push_back({{"id", hex(value)}, {"name", name(value)}});
    }
    return list;
}

bool any_grease(const HelloFacts& hello) {
    const auto among = [](const std::vector<std::uint16_t>& values) {
        return std::ranges::any_of(values, is_grease);
    };
    return among(hello.cipher_suites) || among(hello.supported_versions) || among(hello.groups) ||
           among(hello.signature_algorithms) ||
           std::ranges::any_of(hello.extensions, is_grease, &HelloExtension::type);
}

json ech_json(const HelloFacts& hello) {
    if (!hello.ech) return nullptr;
    const EchOffer& ech = *hello.ech;
    return {{"type", ech.inner ? "inner" : "outer"},
            {"kdf", hex(ech.kdf)},
            {"aead", hex(ech.aead)},
            {"config_id", ech.config_id},
            {"encapsulated_bytes", ech.encapsulated_bytes},
            {"payload_bytes", ech.payload_bytes}};
}

}  // namespace

json to_json(const HelloFacts& hello) {
    json extensions = json::array();
    for (const HelloExtension& extension : hello.extensions) {
        json entry = {{"id", extension.type},
                      {"name", extension_name(extension.type)},
                      {"bytes", extension.bytes}};
        if (!extension.understood) entry["malformed"] = true;
        extensions.push_back(std::move(entry));
    }
    json key_shares = json::array();
    for (const KeyShare& share : hello.key_shares) {
        key_shares.push_back(
            {{"id", hex(share.group)}, {"group", group_name(share.group)}, {"bytes", share.bytes}});
    }
    json alpn = json::array();
    for (const std::string& name : hello.alpn) {
        alpn.push_back(printable(name));
    }
    return {{"legacy_version", version_name(hello.legacy_version)},
            {"supported_versions", named(hello.supported_versions, version_name)},
            {"server_name", hello.server_name ? json(printable(*hello.server_name)) : nullptr},
            {"alpn", std::move(alpn)},
            {"cipher_suites", named(hello.cipher_suites, cipher_suite_name)},
            {"groups", named(hello.groups, group_name)},
            {"key_shares", std::move(key_shares)},
            {"signature_algorithms", named(hello.signature_algorithms, signature_scheme_name)},
            {"extensions", std::move(extensions)},
            {"ec_point_formats", hello.point_formats},
            {"psk_key_exchange_modes", hello.psk_modes},
            {"psk_identities", hello.psk_identities},
            {"early_data", hello.has(extension::kEarlyData)},
            {"ech", ech_json(hello)},
            {"grease", any_grease(hello)},
            {"session_id_bytes", hello.session_id_bytes},
            {"message_bytes", hello.message_bytes},
            {"records", hello.records}};
}

}  // namespace sni::tls
