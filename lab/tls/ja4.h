// Fingerprints of a ClientHello, by which operators know clients apart: JA4 (FoxIO's public text,
// technical_details/JA4.md) and its predecessor JA3. Over TCP only. Digests come in as functions.
#pragma once

#include <string>
#include <string_view>

#include "lab/core/bytes.h"
#include "lab/tls/hello_facts.h"

namespace sni::tls {

using Sha256 = Digest (*)(Bytes);

/// "t13d1516h2_8daaf6152771_e5627efa2ab1": always 36 characters.
std::string ja4(const HelloFacts& hello, Sha256 sha256);

/// JA4_a, the part that people can read: transport, best version, SNI or not, number of suites,
/// number of extensions, first and last letter of the first ALPN name: "t13d1516h2".
std::string ja4_a(const HelloFacts& hello);
/// Of a JA4 that is there already.
inline std::string ja4_a(std::string_view ja4) {
    return std::string(ja4.substr(0, ja4.find('_')));
}

/// The same of a handshake message as it was sent: what kind of client says hello. Empty for what
/// is no whole ClientHello.
std::string hello_shape(Bytes message);

/// JA4_r, what the digests are made of:
/// "t13d1516h2_002f,0035,…,cca9_0005,000a,…,ff01_0403,0804,…".
std::string ja4_raw(const HelloFacts& hello);

/// "771,4865-4866,…,0-23-…,29-23-24,0". Its MD5 is what people call JA3.
std::string ja3_text(const HelloFacts& hello);

}  // namespace sni::tls
