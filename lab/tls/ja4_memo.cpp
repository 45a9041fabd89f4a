#include "lab/tls/ja4_memo.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "lab/tls/code_points.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/hello_view.h"
#include "lab/tls/names.h"

namespace sni::tls {

namespace {

using Numbers = std::vector<std::uint16_t>;

/// What a fingerprint is made of beside suites and types: data of extensions.
struct Offered {
    std::optional<Bytes> versions;
    std::optional<Bytes> schemes;
    std::optional<Bytes> protocols;

    /// False when it was there before: then a reader has to say which of them counts.
    bool take(const Extension& extension) {
        std::optional<Bytes>* const place =
            extension.type == extension::kSupportedVersions     ? &versions
            : extension.type == extension::kSignatureAlgorithms ? &schemes
            : extension.type == extension::kAlpn                ? &protocols
                                                                : nullptr;
        if (place == nullptr) return true;
        if (place->has_value()) return false;
        *place = extension.data;
        return true;
    }
};

/// Behind their number, and without GREASE, which is another one each time.
void append(Numbers& into, Bytes list) {
    const std::size_t front = into.size();
    into.push_back(0);
    for (std::size_t at = 0; at + 1 < list.size(); at += 2) {
        const auto value = static_cast<std::uint16_t>(std::to_integer<unsigned>(list[at]) << 8 |
                                                      std::to_integer<unsigned>(list[at + 1]));
        if (!is_grease(value)) into.push_back(value);
    }
    into[front] = static_cast<std::uint16_t>(into.size() - front - 1);
}

/// False where a type stands twice that a fingerprint is made of.
bool append_types(Numbers& into, Bytes extensions, Offered& offered) {
    const std::size_t front = into.size();
    into.push_back(0);
    ByteReader reader(extensions);
    while (const auto extension = next_extension(reader)) {
        if (!is_grease(extension->type)) into.push_back(extension->type);
        if (!offered.take(*extension)) return false;
    }
    into[front] = static_cast<std::uint16_t>(into.size() - front - 1);
    std::sort(into.begin() + static_cast<std::ptrdiff_t>(front) + 1, into.end());
    return reader.ok();
}

void append_first_name(Numbers& into, Bytes protocols) {
    std::optional<Bytes> first;
    each_alpn_name(protocols, [&](Bytes name) {
        if (!first) first = name;
    });
    for (const std::byte byte : first.value_or(Bytes())) {
        into.push_back(std::to_integer<std::uint16_t>(byte));
    }
}

/// All that a JA4 is made of, so that two hellos that have it in common have one fingerprint.
/// Extensions in order, since browsers shuffle them. False for what is no ClientHello, or says
/// something twice: whoever describes it decides what counts.
bool take_offer(Bytes message, Numbers& into) {
    ByteReader reader(message);
    const bool is_hello = reader.u8() == handshake_type::kClientHello;
    const HelloView hello = view_hello(reader.vec24().rest());
    if (!is_hello || !reader.done() || !hello.framed) return false;
    into.assign(1, hello.legacy_version);
    Offered offered;
    if (!append_types(into, hello.extensions, offered)) return false;
    append(into, hello.cipher_suites);
    append(into, ByteReader(offered.versions.value_or(Bytes())).vec8().rest());
    append(into, ByteReader(offered.schemes.value_or(Bytes())).vec16().rest());
    append_first_name(into, offered.protocols.value_or(Bytes()));
    return true;
}

/// FNV-1a, a number at a time.
std::size_t place_of(const Numbers& offer) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::uint16_t number : offer) {
        hash = (hash ^ number) * 0x100000001b3;
    }
    return hash >> 32;
}

}  // namespace

const std::string& Ja4Memo::of(Bytes message) {
    const bool usual = take_offer(message, offer_);
    Known& known = usual ? known_[place_of(offer_) % known_.size()] : unusual_;
    if (usual && known.offer == offer_) return known.ja4;
    known.offer.clear();  // until both fit
    const auto hello = describe_hello(message);
    known.ja4 = hello ? ja4(*hello, sha256_) : std::string();
    if (usual) known.offer = offer_;
    return known.ja4;
}

}  // namespace sni::tls
