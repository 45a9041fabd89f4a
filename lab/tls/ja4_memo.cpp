#include "lab/tls/ja4_memo.h"

#include <algorithm>
#include <cstddef>

#include "lab/tls/names.h"

namespace sni::tls {

namespace {

using Numbers = std::vector<std::uint16_t>;

/// Behind their number, and without GREASE, which is another one each time.
void append(Numbers& into, const auto& values, auto number) {
    const std::size_t front = into.size();
    into.push_back(0);
    for (const auto& value : values) {
        if (!is_grease(number(value))) into.push_back(number(value));
    }
    into[front] = static_cast<std::uint16_t>(into.size() - front - 1);
}

/// All that a JA4 is made of, so that two hellos that have it in common have one fingerprint.
/// Extensions in order, since browsers shuffle them.
void take_offer(const HelloFacts& hello, Numbers& into) {
    const auto itself = [](std::uint16_t value) { return value; };
    into.assign(1, hello.legacy_version);
    append(into, hello.extensions, [](const HelloExtension& one) { return one.type; });
    std::sort(into.begin() + 2, into.end());
    append(into, hello.supported_versions, itself);
    append(into, hello.cipher_suites, itself);
    append(into, hello.signature_algorithms, itself);
    if (hello.alpn.empty()) return;
    for (const char byte : hello.alpn.front()) {
        into.push_back(static_cast<unsigned char>(byte));
    }
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

const std::string& Ja4Memo::of(const HelloFacts& hello) {
    take_offer(hello, offer_);
    Known& known = known_[place_of(offer_) % known_.size()];
    if (known.offer == offer_) return known.ja4;
    known.offer.clear();  // until both fit
    known.ja4 = ja4(hello, sha256_);
    known.offer = offer_;
    return known.ja4;
}

}  // namespace sni::tls
