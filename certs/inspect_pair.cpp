#include "certs/inspect_pair.h"

#include <string>

#include "certs/inspect.h"
#include "certs/pem.h"

namespace sni::certs {

CertPair inspect_pair(std::string_view cert_pem, std::string_view key_pem) {
    CertPair pair;
    const auto certificates = read_certificates(cert_pem);
    const auto key = read_private_key(KeyPem(std::string(key_pem)));
    if (!certificates) {
        pair.cert_problem = certificates.error();
    } else {
        for (const X509Ptr& certificate : *certificates) {
            pair.chain.push_back(facts_of(certificate.get()));
        }
    }
    if (!key) {
        pair.key_problem = key.error();
    } else if (certificates) {
        pair.fits = owner_of(*certificates, key->get());
        pair.mismatch = pair.fits != 0;
    }
    return pair;
}

}  // namespace sni::certs
