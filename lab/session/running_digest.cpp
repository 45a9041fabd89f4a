#include "lab/session/running_digest.h"

#include <openssl/evp.h>

#include "certs/openssl.h"

namespace sni::session {

namespace {

/// Fetched once: looking it up for each connection would cost more than digesting a small one.
const EVP_MD* sha256_method() {
    static const EVP_MD* const method =
        certs::check(EVP_MD_fetch(nullptr, "SHA256", nullptr), "find SHA-256");
    return method;
}

proof::StreamDigest finished(EVP_MD_CTX* context, std::uint64_t bytes) {
    proof::StreamDigest digest{.bytes = bytes};
    certs::check(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(digest.sha256.data()),
                                    nullptr),
                 "finish a digest");
    return digest;
}

}  // namespace

void RunningDigest::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

RunningDigest::RunningDigest() : context_(certs::check(EVP_MD_CTX_new(), "make a digest")) {
    certs::check(EVP_DigestInit_ex(context_.get(), sha256_method(), nullptr), "start a digest");
}

void RunningDigest::add(Bytes bytes) {
    certs::check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()), "digest bytes");
    bytes_ += bytes.size();
}

proof::StreamDigest RunningDigest::so_far() const {
    thread_local const certs::DigestContextPtr copy(EVP_MD_CTX_new());
    certs::check(EVP_MD_CTX_copy_ex(certs::check(copy.get(), "make a digest"), context_.get()),
                 "copy a digest");
    return finished(copy.get(), bytes_);
}

proof::StreamDigest RunningDigest::finish() {
    return finished(context_.get(), bytes_);
}

}  // namespace sni::session
