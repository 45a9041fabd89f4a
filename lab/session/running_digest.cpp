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

}  // namespace

struct RunningDigest::Context {
    certs::DigestContextPtr md{certs::check(EVP_MD_CTX_new(), "make a digest")};
};

RunningDigest::RunningDigest() : context_(std::make_unique<Context>()) {
    certs::check(EVP_DigestInit_ex(context_->md.get(), sha256_method(), nullptr), "start a digest");
}

RunningDigest::~RunningDigest() = default;
RunningDigest::RunningDigest(RunningDigest&&) noexcept = default;
RunningDigest& RunningDigest::operator=(RunningDigest&&) noexcept = default;

void RunningDigest::add(Bytes bytes) {
    certs::check(EVP_DigestUpdate(context_->md.get(), bytes.data(), bytes.size()), "digest bytes");
    bytes_ += bytes.size();
}

proof::StreamDigest RunningDigest::so_far() const {
    const Context copy;
    certs::check(EVP_MD_CTX_copy_ex(copy.md.get(), context_->md.get()), "copy a digest");
    proof::StreamDigest digest{.bytes = bytes_};
    certs::check(
        EVP_DigestFinal_ex(copy.md.get(), reinterpret_cast<unsigned char*>(digest.sha256.data()),
                           nullptr),
        "finish a digest");
    return digest;
}

}  // namespace sni::session
