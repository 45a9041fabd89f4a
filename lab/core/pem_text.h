// Where somebody's key or certificate begins in a text, told without reading it (RFC 7468).
#pragma once

#include <string_view>

namespace sni {

/// How every such line begins, whatever it is that follows.
constexpr std::string_view kPemBegin = "-----BEGIN ";

/// The first line of `text`, counted from 1, that begins a PEM block; 0: none does. openssl writes
/// text in front of it. One inside a line, as in a sentence or indented in a manifest, is none.
int pem_line(std::string_view text);

}  // namespace sni
