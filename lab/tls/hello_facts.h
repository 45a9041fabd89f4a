// A ClientHello decoded for people and fingerprints: everything it offers, in its own order. It
// judges nothing; the strict reader that routes is client_hello.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lab/core/bytes.h"

namespace sni::tls {

struct HelloExtension {
    std::uint16_t type = 0;
    std::size_t bytes = 0;   ///< of its data
    bool understood = true;  ///< false: read here, but not framed as its RFC says
    bool operator==(const HelloExtension&) const = default;
};

struct KeyShare {
    std::uint16_t group = 0;
    std::size_t bytes = 0;  ///< of the key that is offered
    bool operator==(const KeyShare&) const = default;
};

/// RFC 9849 §5, as an observer sees it: a real offer and a GREASE one look the same.
struct EchOffer {
    bool inner = false;  ///< the type that only the hello inside may have
    std::uint16_t kdf = 0;
    std::uint16_t aead = 0;
    std::uint8_t config_id = 0;
    std::size_t encapsulated_bytes = 0;
    std::size_t payload_bytes = 0;
    bool operator==(const EchOffer&) const = default;
};

/// Lists are as sent, GREASE included; those whose extension is missing are empty. Texts are bytes
/// of the client's choice: escape them where they are shown.
struct HelloFacts {
    std::uint16_t legacy_version = 0;
    std::size_t session_id_bytes = 0;
    std::vector<std::uint16_t> cipher_suites;
    std::vector<HelloExtension> extensions;
    std::optional<std::string> server_name;  ///< the first host_name
    std::vector<std::string> alpn;
    std::vector<std::uint16_t> supported_versions;
    std::vector<std::uint16_t> groups;
    std::vector<KeyShare> key_shares;
    std::vector<std::uint16_t> signature_algorithms;
    std::vector<std::uint8_t> point_formats;
    std::vector<std::uint8_t> psk_modes;
    std::size_t psk_identities = 0;
    std::optional<EchOffer> ech;
    std::size_t message_bytes = 0;  ///< of the handshake message, its four-byte header included
    std::size_t records = 0;        ///< TLS records it came in

    bool has(std::uint16_t extension) const;
    bool operator==(const HelloFacts&) const = default;
};

/// The hellos at the front of what a client sent, records and all: one, or two when the server
/// asked for another key share (HelloRetryRequest). Empty when the first one is not whole, or its
/// vectors do not fit each other; what stands behind the last hello does not matter.
std::vector<HelloFacts> describe_hellos(Bytes stream);

/// One handshake message, its four-byte header included; nothing when it is no whole ClientHello.
std::optional<HelloFacts> describe_hello(Bytes message);

/// With a name beside each number that has one. The keys are the field's names.
nlohmann::json to_json(const HelloFacts& hello);

}  // namespace sni::tls
