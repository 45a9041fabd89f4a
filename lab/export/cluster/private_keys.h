// Is there a private key in this text? The question behind export's promise that none is written.
// It knows keys by their own form, whatever the file, the field or the document is called.
#pragma once

#include <string_view>

#include "lab/core/bytes.h"

namespace sni::exporting {

/// PEM, OpenSSH, PuTTY, PGP, age and JWK as text; DER (PKCS#1, PKCS#8, SEC 1, encrypted or not),
/// PKCS#12, JKS and JCEKS as base64 or hex; any of these as base64 once more, wherever the lines
/// break. What is compressed or encrypted otherwise is not looked into: is_opaque() says so.
bool holds_private_key(std::string_view text);

/// The bytes of a file, from its beginning.
bool is_private_key(Bytes bytes);

/// Base64 of something compressed, in which anything may be.
bool is_opaque(std::string_view text);

}  // namespace sni::exporting
