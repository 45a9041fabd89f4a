#include "lab/router/stalled_hellos.h"

#include <utility>

namespace sni::router {

bool StalledHello::holds(std::size_t bytes) {
    enter();
    all_.bytes_ += bytes - bytes_;
    bytes_ = bytes;
    while (all_.bytes_ > all_.most_) {
        StalledHello& oldest = *all_.oldest_;
        oldest.leave();
        oldest.record_.outcome = Outcome::crowded_out;
        if (&oldest == this) return false;
        oldest.client_.expire();  // its session ends before this returns
    }
    return true;
}

void StalledHello::enter() {
    if (entered_) return;
    entered_ = true;
    ++all_.count_;
    older_ = std::exchange(all_.newest_, this);
    (older_ ? older_->newer_ : all_.oldest_) = this;
}

void StalledHello::leave() {
    if (!std::exchange(entered_, false)) return;
    --all_.count_;
    all_.bytes_ -= std::exchange(bytes_, 0);
    (older_ ? older_->newer_ : all_.oldest_) = newer_;
    (newer_ ? newer_->older_ : all_.newest_) = older_;
    older_ = newer_ = nullptr;
}

}  // namespace sni::router
