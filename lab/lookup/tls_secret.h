// Whether a Secret holds what a gateway can end TLS with, as far as that can be seen without
// cryptography.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lab/lookup/words.h"

namespace sni::lookup {

/// What is wrong with it, as the end of a sentence that begins with the Secret; empty: nothing is
/// seen. Looks for tls.crt and tls.key, or cert and key, as Istio does
/// (pilot/pkg/credentials/kube/secrets.go, ExtractCertInfo): PEM of DER that is whole. That the key
/// belongs to the certificate is not looked at.
std::string tls_secret_problem(const Secret& secret);

/// Whether the text has a certificate in PEM, of DER that is whole.
bool holds_certificate(std::string_view pem);

/// The certificates of authorities that a Secret or a ConfigMap holds, under cacert or ca.crt
/// (ExtractRoot of the same file); empty: none.
std::string authorities_of(const std::map<std::string, std::string>& data);

/// nullptr: there is none in these files. `path` is "ns/name".
const Secret* secret_at(const Manifest& manifest, std::string_view path);

}  // namespace sni::lookup
