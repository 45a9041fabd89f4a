// Explanations of SL30xx: certificates, keys and identities.
#include <array>

#include "lab/core/codes.h"
#include "lab/report/explain_tables.h"

namespace sni::report {

namespace {

constexpr auto kKeyExplanations = std::to_array<Explanation>({
    {code::kOpenSsl, "", "OpenSSL refused something that should always work.",
     "Its configuration forbids it (FIPS, a security level), or the machine has no memory left.",
     "The line behind it is OpenSSL's own reason; OPENSSL_CONF=/dev/null tells whether the "
     "configuration is to blame."},
    {code::kBadName, "", "This name cannot stand in a certificate.",
     "It has empty or too long labels, letters that DNS does not have, a wildcard elsewhere than "
     "in "
     "the first label, or more than the 64 bytes that fit into a CN.",
     "Write a DNS name in ASCII; other letters go as A-labels: xn--bcher-kva.example.com."},
    {code::kPairExists, "", "A certificate or key is there already, and was left as it is.",
     "certgen ran before in this folder. Nothing is overwritten unasked.",
     "Use it (sni-lab up does), replace it with --force, or write elsewhere with --out DIR."},
    {code::kPairIncomplete, "",
     "A certificate lies there without its key, or a key without its "
     "certificate.",
     "One of the two was moved, removed or never copied.",
     "Put the other one beside it, or make a new pair with sni-lab certgen --force."},
    {code::kBadPair, "", "A certificate and its key cannot be used together.",
     "The PEM is broken, the key is encrypted, or it belongs to another certificate.",
     "Take both from one run of certgen or openssl; openssl pkey -in KEY decrypts a key."},
    {code::kBadIdentity, "", "This file is no identity that can sign or be expected to sign.",
     "It is not an Ed25519 key, it is the wrong half (the private one where FILE.pub belongs, or "
     "the other way round), or it is the key of a certificate that is served.",
     "The backend makes its identity itself when --identity names a file that is not there; give "
     "verify FILE.pub, which is made beside it."},
    {code::kExposedKey, "", "Others on this machine can read or replace a private key.",
     "The file's mode lets the group or everybody in, often after a copy or a checkout; or "
     "everybody "
     "may write its folder, and so put another key there.",
     "chmod 600 it, and chmod go-w its folder; make a new key if somebody may have read it."},
    {code::kBadAuthority, "", "The lab's CA cannot sign this certificate.",
     "It is no CA, its key is missing, its own dates are over, or the certificate that is wanted "
     "would outlive it.",
     "Make a new CA with certgen --ca --force, and give clients its new file."},
});

}  // namespace

std::span<const Explanation> key_explanations() {
    return kKeyExplanations;
}

}  // namespace sni::report
