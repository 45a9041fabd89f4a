#include "lab/witness/digested.h"

#include <algorithm>

namespace sni::witness {

void Digested::add(Bytes bytes) {
    while (!bytes.empty()) {
        const std::uint64_t next = proof::WitnessedStream::kFirstCheckpoint << checkpoints_.size();
        const std::uint64_t room = next - digest_.bytes();
        const Bytes part =
            bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), room)));
        digest_.add(part);
        bytes = bytes.subspan(part.size());
        if (digest_.bytes() == next) checkpoints_.push_back(digest_.so_far().sha256);
    }
}

}  // namespace sni::witness
