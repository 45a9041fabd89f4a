#include "lab/tls/hello_recorder.h"

#include <algorithm>

#include "lab/tls/code_points.h"

namespace sni::tls {

void HelloRecorder::feed(Bytes more) {
    constexpr std::size_t kMostSeen = 2 * kLargest;  // else its records are absurdly small
    if (done_) return;
    const Bytes taken = more.first(std::min(more.size(), kMostSeen - seen_.size()));
    seen_.insert(seen_.end(), taken.begin(), taken.end());
    while (!done_ && advance()) {
    }
    done_ = done_ || seen_.size() == kMostSeen;
    if (done_ || seen_.empty()) std::vector<std::byte>().swap(seen_);  // and its memory with it
}

/// False when it takes more bytes to go on.
bool HelloRecorder::advance() {
    std::size_t behind = 0;
    if (!hellos_.empty() && !seen_.empty() &&
        seen_.front() == std::byte{content_type::kChangeCipherSpec}) {
        // A client of TLS 1.3 sends one between its two hellos (RFC 8446 §D.4).
        ByteReader reader(seen_);
        reader.bytes(3);
        reader.vec16();
        if (!reader.ok()) return false;
        behind = seen_.size() - reader.size();
    } else {
        const Verdict verdict = scanner_.advance(seen_);
        if (verdict == Verdict::need_more) return false;
        done_ = true;
        if (verdict != Verdict::hello) return true;
        const Bytes message = scanner_.message(seen_);
        hellos_.push_back({{message.begin(), message.end()}, scanner_.records()});
        if (hellos_.size() == 2 || !scanner_.fills_records()) return true;
        done_ = false;
        behind = scanner_.end();
        scanner_ = HelloScanner(kLargest);
    }
    seen_.erase(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(behind));
    return true;
}

}  // namespace sni::tls
