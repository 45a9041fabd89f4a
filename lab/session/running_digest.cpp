#include "lab/session/running_digest.h"

namespace sni::session {

RunningDigest::RunningDigest() : digest_(std::make_unique<certs::Sha256>()) {}

void RunningDigest::add(Bytes bytes) {
    digest_->add(bytes);
    bytes_ += bytes.size();
}

proof::StreamDigest RunningDigest::so_far() const {
    certs::Sha256 copy = *digest_;
    return {.bytes = bytes_, .sha256 = copy.finish()};
}

proof::StreamDigest RunningDigest::finish() {
    return {.bytes = bytes_, .sha256 = digest_->finish()};
}

}  // namespace sni::session
