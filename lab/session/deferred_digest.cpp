#include "lab/session/deferred_digest.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace sni::session {

namespace {

/// By every DeferredDigest of this process.
std::atomic<std::size_t> kept_by_all = 0;

/// Pieces of the largest size that nobody uses at the moment. Fresh memory would cost more than the
/// bytes that are copied into it: a page fault for each 4 KiB.
class SparePieces {
  public:
    using Piece = std::vector<std::byte>;
    static constexpr std::size_t kSize = 64u << 10;
    static constexpr std::size_t kMost = 64;

    Piece take() {
        const std::lock_guard lock(mutex_);
        if (spare_.empty()) return {};
        Piece piece = std::move(spare_.back());
        spare_.pop_back();
        return piece;
    }
    void give_back(std::vector<Piece>& pieces) {
        const std::lock_guard lock(mutex_);
        for (Piece& piece : pieces) {
            if (piece.capacity() != kSize || spare_.size() == kMost) continue;
            piece.clear();
            spare_.push_back(std::move(piece));
        }
    }

  private:
    std::mutex mutex_;
    std::vector<Piece> spare_;
};

SparePieces& spare_pieces() {
    static SparePieces all;
    return all;
}

}  // namespace

DeferredDigest::~DeferredDigest() {
    forget();
}

void DeferredDigest::forget() {
    spare_pieces().give_back(kept_);
    kept_.clear();
    kept_by_all -= reserved_;
    reserved_ = 0;
}

void DeferredDigest::add(Bytes bytes) {
    if (!running_) bytes = bytes.subspan(keep(bytes));
    if (bytes.empty()) return;
    digest_now();
    if (running_) running_->add(bytes);
}

/// How many of them there was room for.
std::size_t DeferredDigest::keep(Bytes bytes) {
    constexpr std::size_t kSmallest = 4u << 10;
    std::size_t kept = 0;
    while (kept < bytes.size()) {
        if (kept_.empty() || kept_.back().size() == kept_.back().capacity()) {
            const std::size_t last = kept_.empty() ? 0 : kept_.back().capacity();
            const std::size_t size = std::clamp(last * 2, kSmallest, SparePieces::kSize);
            reserved_ += size;
            if (kept_by_all.fetch_add(size) + size > kBudget) break;
            kept_.push_back(size == SparePieces::kSize ? spare_pieces().take()
                                                       : SparePieces::Piece());
            kept_.back().reserve(size);
        }
        std::vector<std::byte>& piece = kept_.back();
        const std::size_t fits = std::min(bytes.size() - kept, piece.capacity() - piece.size());
        const Bytes next = bytes.subspan(kept, fits);
        piece.insert(piece.end(), next.begin(), next.end());
        kept += fits;
    }
    kept_bytes_ += kept;
    return kept;
}

void DeferredDigest::digest_now() {
    if (running_) return;
    running_.emplace();
    for (const auto& piece : kept_) {
        running_->add(piece);
    }
    forget();
}

proof::StreamDigest DeferredDigest::so_far() const {
    if (running_) return running_->so_far();
    RunningDigest digest;
    for (const auto& piece : kept_) {
        digest.add(piece);
    }
    return digest.so_far();
}

}  // namespace sni::session
