#include "lab/export/cluster/private_keys.h"

#include <span>
#include <string>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"

namespace export_private_keys_test {

using namespace sni;
using namespace sni::exporting;

namespace {

/// Not a real key; only its first line matters.
const std::string kKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n";

std::string in_base64(const std::string& text) {
    return to_base64(std::as_bytes(std::span(text)));
}

/// Hex of a file's beginning, and filler behind it, in base64.
std::string file(const std::string& hex) {
    auto bytes = from_hex(hex).value();
    bytes.resize(bytes.size() + 64, std::byte{0x5A});
    return to_base64(bytes);
}

}  // namespace

TEST_CASE("a private key is seen in PEM and in base64, wherever the lines break", "[export]") {
    CHECK(holds_private_key(kKey));
    CHECK(holds_private_key("-----BEGIN OPENSSH PRIVATE KEY-----"));
    CHECK(holds_private_key("-----BEGIN PGP PRIVATE KEY BLOCK-----"));
    CHECK_FALSE(holds_private_key("-----BEGIN PUBLIC KEY-----\nAA==\n"));
    CHECK_FALSE(holds_private_key("private keys stay where they are"));
    for (const char* before : {"", "x", "xx"}) {
        std::string text = in_base64(before + kKey);
        CHECK(holds_private_key(text));
        text.insert(30, "\n    ");
        CHECK(holds_private_key(text));
    }
}

TEST_CASE("a private key is known by its DER, not by its name", "[export]") {
    for (const char* hex : {
             "308204be020100300d06092a864886f70d0101010500048204a8",  // PKCS#8, RSA
             "302e020100300506032b657004220420",                      // PKCS#8, Ed25519
             "3072020101300506032b657004220420",                      // with its public half
             "308204a40201000282010100c0",                            // PKCS#1
             "307702010104200102030405060708",                        // SEC 1
             "308205133045060a2a864886f70d01050d30",                  // encrypted, odd length
             "30820513304006092a864886f70d01050d3033",                // encrypted, PBES2
             "30820513301c060a2a864886f70d010c0103300e",              // encrypted, PKCS#12's way
             "308209d102010330820997060b2a864886f70d010701",          // PKCS#12
             "30800201033080060b2a864886f70d010701",                  // of indefinite length
             "feedfeed0000000200000001",                              // JKS
             "cececece0000000200000001",                              // JCEKS
             "6f70656e7373682d6b65792d763100",                        // OpenSSH's own
         }) {
        CAPTURE(hex);
        CHECK(is_private_key(from_hex(std::string(hex) + std::string(64, '0')).value()));
        CHECK(holds_private_key(file(hex)));
        CHECK(holds_private_key("key: " + file(hex)));
        CHECK(holds_private_key(in_base64(file(hex))));
        CHECK(holds_private_key(hex + std::string(64, '0')));
    }
}

TEST_CASE("what is public is not taken for a private key", "[export]") {
    for (const char* hex : {
             "308203673082024fa0030201020214010203",        // a certificate
             "308202813082016902010030133111300f06",        // a certificate request
             "30820122300d06092a864886f70d01010105000382",  // an RSA public key
             "302a300506032b6570032100",                    // an Ed25519 public key
             "89504e470d0a1a0a0000000d49484452",            // a picture
         }) {
        CAPTURE(hex);
        CHECK_FALSE(holds_private_key(file(hex)));
    }
    CHECK_FALSE(holds_private_key(""));
    CHECK_FALSE(holds_private_key("MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM"));
}

TEST_CASE("what is compressed is said not to be looked into", "[export]") {
    CHECK(is_opaque(file("1f8b0800")));
    CHECK(is_opaque(file("504b0304")));
    CHECK(is_opaque(in_base64(file("1f8b08"))));
    CHECK_FALSE(is_opaque(file("30820367")));
    CHECK_FALSE(is_opaque("a plain text that is long enough"));
}

}  // namespace export_private_keys_test
