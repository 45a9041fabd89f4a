#include "lab/play/wire.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "certs/openssl.h"

namespace sni::play {

bool shows_certificate(std::string_view wire, const std::string& chain_pem) {
    const certs::BioPtr text = certs::reader_of(chain_pem);
    const certs::X509Ptr leaf(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!leaf) return false;
    unsigned char* der = nullptr;
    const int size = i2d_X509(leaf.get(), &der);
    if (size <= 0) return false;
    const std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return wire.contains(bytes);
}

}  // namespace sni::play
