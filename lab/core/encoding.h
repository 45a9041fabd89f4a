// Bytes as text: hex, base64, and text from a peer made safe to print.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/core/bytes.h"

namespace sni {

/// Lower-case hex, two characters a byte.
std::string to_hex(Bytes bytes);
/// As `openssl x509 -fingerprint` prints it: upper case, a colon between bytes.
std::string to_fingerprint(Bytes bytes);
/// Accepts upper and lower case, and colons between bytes; nothing else.
std::optional<std::vector<std::byte>> from_hex(std::string_view text);
/// A SHA-256 in hex, with or without colons; nothing when it is not exactly 32 bytes.
std::optional<Digest> digest_from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648 §4).
std::string to_base64(Bytes bytes);
/// Strict: standard alphabet, right padding, no white space, no stray bits; one byte string has one
/// spelling.
std::optional<std::vector<std::byte>> from_base64(std::string_view text);

/// Length and code point of the well-formed UTF-8 sequence (RFC 3629 §4) that `text`, which is not
/// empty, begins with; nothing when it begins with none.
std::optional<std::pair<std::size_t, char32_t>> utf8_at(std::string_view text);
/// How many bytes at the front of `text` are well-formed UTF-8.
std::size_t valid_utf8_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) {
    return valid_utf8_prefix(text) == text.size();
}

/// Text that a peer chose, for a terminal or a log line: printable ASCII and well-formed UTF-8
/// letters stay, everything else (control bytes, escapes, bad UTF-8, bidirectional overrides)
/// becomes \xNN. So does the second of two '#': GitHub's runner takes ##[…] for a command wherever
/// it stands in a line.
std::string printable(std::string_view text);
/// For text inside HTML or XML, attribute values included: &, <, >, " and ' become references.
std::string escape_markup(std::string_view text);

}  // namespace sni
