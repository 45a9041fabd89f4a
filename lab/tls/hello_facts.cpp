#include "lab/tls/hello_facts.h"

#include <algorithm>

#include "lab/tls/code_points.h"
#include "lab/tls/hello_recorder.h"
#include "lab/tls/hello_view.h"

namespace sni::tls {

namespace {

std::optional<HelloFacts> describe(Bytes body);
bool read_extension(std::uint16_t type, Bytes data, HelloFacts& hello);

}  // namespace

std::vector<HelloFacts> describe_hellos(Bytes stream) {
    HelloRecorder recorder;
    recorder.feed(stream);
    std::vector<HelloFacts> hellos;
    for (const HelloRecorder::Hello& hello : recorder.hellos()) {
        auto facts = describe_hello(hello.message);
        if (!facts) break;
        facts->records = hello.records;
        hellos.push_back(std::move(*facts));
    }
    return hellos;
}

std::optional<HelloFacts> describe_hello(Bytes message) {
    ByteReader reader(message);
    const bool is_hello = reader.u8() == handshake_type::kClientHello;
    const Bytes body = reader.vec24().rest();
    if (!is_hello || !reader.done()) return std::nullopt;
    auto facts = describe(body);
    if (facts) facts->message_bytes = message.size();
    return facts;
}

bool HelloFacts::has(std::uint16_t extension) const {
    return std::ranges::find(extensions, extension, &HelloExtension::type) != extensions.end();
}

namespace {

std::vector<std::uint16_t> numbers(ByteReader list) {
    std::vector<std::uint16_t> values;
    values.reserve(list.size() / 2);
    while (list.size() >= 2) {
        values.push_back(list.u16());
    }
    return values;
}

std::optional<HelloFacts> describe(Bytes body) {
    const HelloView view = view_hello(body);
    if (!view.framed) return std::nullopt;
    HelloFacts hello{.legacy_version = view.legacy_version,
                     .session_id_bytes = view.session_id.size(),
                     .cipher_suites = numbers(ByteReader(view.cipher_suites))};
    constexpr std::size_t kUsual = 24;
    hello.extensions.reserve(kUsual);
    ByteReader extensions(view.extensions);
    while (const auto extension = next_extension(extensions)) {
        const bool understood = read_extension(extension->type, extension->data, hello);
        hello.extensions.push_back({extension->type, extension->data.size(), understood});
    }
    if (!extensions.ok()) return std::nullopt;
    return hello;
}

// Each reads one extension's data into `hello`; false when it is not framed as it should be.

bool read_server_name(Bytes data, HelloFacts& hello) {
    const ServerNames names = read_server_names(data);
    if (names.host) hello.server_name = as_text(*names.host);
    return names.framed && names.host;
}

bool read_alpn(Bytes data, HelloFacts& hello) {
    return each_alpn_name(data, [&](Bytes name) { hello.alpn.emplace_back(as_text(name)); });
}

bool read_key_shares(ByteReader data, HelloFacts& hello) {
    ByteReader list = data.vec16();
    while (!list.empty()) {
        const std::uint16_t group = list.u16();
        const std::size_t bytes = list.vec16().size();
        if (list.ok()) hello.key_shares.push_back({group, bytes});
    }
    return data.done() && list.ok();
}

bool read_ech(ByteReader data, HelloFacts& hello) {
    EchOffer offer{.inner = data.u8() == 1};
    if (!offer.inner) {
        offer.kdf = data.u16();
        offer.aead = data.u16();
        offer.config_id = data.u8();
        offer.encapsulated_bytes = data.vec16().size();
        offer.payload_bytes = data.vec16().size();
    }
    hello.ech = offer;
    return data.done();
}

bool read_pre_shared_keys(ByteReader data, HelloFacts& hello) {
    ByteReader identities = data.vec16();
    while (!identities.empty()) {
        identities.vec16();
        identities.bytes(4);  // obfuscated_ticket_age
        if (identities.ok()) ++hello.psk_identities;
    }
    data.vec16();  // binders
    return data.done() && identities.ok();
}

bool read_numbers(ByteReader& data, ByteReader list, std::vector<std::uint16_t>& into) {
    into = numbers(list);
    return data.done() && list.size() % 2 == 0;
}

bool read_bytes(ByteReader data, std::vector<std::uint8_t>& into) {
    ByteReader list = data.vec8();
    while (!list.empty()) {
        into.push_back(list.u8());
    }
    return data.done();
}

bool read_extension(std::uint16_t type, Bytes bytes, HelloFacts& hello) {
    ByteReader data(bytes);
    switch (type) {
        case extension::kServerName:
            return read_server_name(bytes, hello);
        case extension::kAlpn:
            return read_alpn(bytes, hello);
        case extension::kSupportedVersions:
            return read_numbers(data, data.vec8(), hello.supported_versions);
        case extension::kSupportedGroups:
            return read_numbers(data, data.vec16(), hello.groups);
        case extension::kSignatureAlgorithms:
            return read_numbers(data, data.vec16(), hello.signature_algorithms);
        case extension::kPointFormats:
            return read_bytes(data, hello.point_formats);
        case extension::kPskModes:
            return read_bytes(data, hello.psk_modes);
        case extension::kKeyShare:
            return read_key_shares(data, hello);
        case extension::kPreSharedKey:
            return read_pre_shared_keys(data, hello);
        case extension::kEncryptedClientHello:
            return read_ech(data, hello);
        default:
            return true;
    }
}

}  // namespace

}  // namespace sni::tls
