#include "lab/export/cluster/private_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/encoding.h"

namespace sni::exporting {

namespace {

constexpr std::string_view kKeyWords = "PRIVATE KEY";
/// Base64 in base64 in base64: nobody wraps a key more often.
constexpr int kMostWraps = 3;
/// More than the fields of a key that tell it from a certificate.
constexpr std::size_t kHeadChars = 88;

bool is_base64_char(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

bool starts_with(Bytes bytes, std::initializer_list<unsigned> head) {
    return bytes.size() >= head.size() &&
           std::ranges::equal(head, bytes.first(head.size()), {}, {},
                              [](std::byte b) { return std::to_integer<unsigned>(b); });
}

/// What stands in a SEQUENCE (X.690 §8.9); nothing when `bytes` begins with no such thing. Of a
/// head that was cut off, what there is.
std::optional<Bytes> in_sequence(Bytes bytes) {
    if (bytes.size() < 2 || bytes[0] != std::byte{0x30}) return std::nullopt;
    const auto length = std::to_integer<unsigned>(bytes[1]);
    // 0x80: of indefinite length, as some PKCS#12 files are.
    const std::size_t more = length > 0x80 ? length - 0x80 : 0;
    if (more > 4 || bytes.size() < 2 + more) return std::nullopt;
    return bytes.subspan(2 + more);
}

bool begins_with_oid(Bytes bytes) {
    return !bytes.empty() && bytes[0] == std::byte{0x06};
}

/// RFC 5958 (PKCS#8), RFC 8017 A.1.2 (PKCS#1), RFC 5915 (SEC 1), RFC 7292 (PKCS#12).
bool is_private_der(Bytes bytes) {
    const auto body = in_sequence(bytes);
    if (!body || body->size() < 8) return false;
    const Bytes behind_version = body->subspan(3);
    const auto next = in_sequence(behind_version);
    const bool algorithm = next && begins_with_oid(*next);
    if (starts_with(*body, {0x02, 0x01, 0x00})) {
        return algorithm || starts_with(behind_version, {0x02});
    }
    if (starts_with(*body, {0x02, 0x01, 0x01})) {
        return algorithm || starts_with(behind_version, {0x04});
    }
    if (starts_with(*body, {0x02, 0x01, 0x03})) return algorithm;
    // Encrypted: an algorithm of PKCS#5 or PKCS#12 stands in front.
    const auto encryption = in_sequence(*body);
    if (!encryption) return false;
    for (const unsigned arc : {0x05U, 0x0CU}) {
        for (const unsigned length : {0x09U, 0x0AU}) {
            if (starts_with(*encryption,
                            {0x06, length, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, arc}))
                return true;
        }
    }
    return false;
}

/// `words` as they look in base64 when `before` bytes of something else stand in front.
std::string in_base64(std::string_view words, std::size_t before) {
    const std::string bytes = std::string(before, '\0') + std::string(words);
    const std::string whole = to_base64(std::as_bytes(std::span(bytes)));
    const std::size_t first = (before * 8 + 5) / 6;
    return whole.substr(first, bytes.size() * 8 / 6 - first);
}

/// What may be missing at the end of base64 that was cut, or made for a URL, is put right.
std::optional<std::vector<std::byte>> decoded(std::string_view text) {
    std::string dense(text);
    std::ranges::replace(dense, '-', '+');
    std::ranges::replace(dense, '_', '/');
    dense.erase(std::min(dense.find('='), dense.size()));
    if (!std::ranges::all_of(dense, is_base64_char)) return std::nullopt;
    if (dense.size() % 4 == 1) dense.pop_back();
    dense.append((4 - dense.size() % 4) % 4, '=');
    return from_base64(dense);
}

/// A head that was cut may end in stray bits, which strict base64 refuses.
std::vector<std::byte> head_of(std::string_view dense) {
    std::string_view head = dense.substr(0, kHeadChars);
    head = head.substr(0, head.size() / 4 * 4);
    return from_base64(head).value_or(std::vector<std::byte>());
}

/// Somewhere in the text base64 of a key begins.
bool has_key_in_base64(std::string_view dense) {
    for (std::size_t before = 0; before < 3; ++before) {
        if (dense.contains(in_base64(kKeyWords, before))) return true;
    }
    for (std::size_t at = 0; at < dense.size(); ++at) {
        const char c = dense[at];
        if (c != 'M' && c != '/' && c != 'z' && c != 'b') continue;
        std::size_t end = at;
        while (end < dense.size() && end - at < kHeadChars && is_base64_char(dense[end])) {
            ++end;
        }
        if (end - at >= 16 && is_private_key(head_of(dense.substr(at, end - at)))) return true;
    }
    return false;
}

bool is_words(std::string_view dense) {
    for (const std::string_view words :
         {"PRIVATEKEY--", "PRIVATEKEYBLOCK--", "AGE-SECRET-KEY-1", "PuTTY-User-Key-File-"}) {
        if (dense.contains(words)) return true;
    }
    return dense.contains("\"kty\":") && (dense.contains("\"d\":\"") || dense.contains("\"k\":\""));
}

bool look(std::string_view text, int wraps) {
    std::string dense(text);
    std::erase_if(dense, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    if (is_words(dense) || has_key_in_base64(dense)) return true;
    const auto hex = dense.size() >= 32 ? from_hex(dense) : std::nullopt;
    if (hex && is_private_key(*hex)) return true;
    if (wraps == 0 || dense.size() < 16) return false;
    const auto inside = decoded(dense);
    return inside && (is_private_key(*inside) || look(as_text(*inside), wraps - 1));
}

}  // namespace

bool is_private_key(Bytes bytes) {
    if (starts_with(bytes, {0xFE, 0xED, 0xFE, 0xED, 0, 0, 0})) return true;  // JKS
    if (starts_with(bytes, {0xCE, 0xCE, 0xCE, 0xCE, 0, 0, 0})) return true;  // JCEKS
    if (as_text(bytes).starts_with("openssh-key-v1")) return true;
    return is_private_der(bytes);
}

bool holds_private_key(std::string_view text) {
    return look(text, kMostWraps);
}

bool is_opaque(std::string_view text) {
    std::string dense(text);
    std::erase_if(dense, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    const auto inside = dense.size() >= 16 ? decoded(dense) : std::nullopt;
    if (!inside) return false;
    return starts_with(*inside, {0x1F, 0x8B, 0x08}) ||             // gzip
           starts_with(*inside, {'P', 'K', 3, 4}) ||               // zip
           starts_with(*inside, {0x28, 0xB5, 0x2F, 0xFD}) ||       // zstd
           starts_with(*inside, {0xFD, '7', 'z', 'X', 'Z', 0}) ||  // xz
           starts_with(*inside, {'B', 'Z', 'h'}) ||                // bzip2
           starts_with(*inside, {'H', '4', 's', 'I'}) ||           // gzip in base64 once more
           starts_with(*inside, {'7', 'z', 0xBC, 0xAF, 0x27, 0x1C});
}

}  // namespace sni::exporting
