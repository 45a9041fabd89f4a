#include "lab/router/stalled_hellos.h"

#include <utility>

namespace sni::router {

StalledHello::StalledHello(StalledHellos& all, net::Socket& client, SessionRecord& record,
                           std::size_t bytes)
    : StalledHello(all, client, record) {
    count(bytes);
    while (all_.bytes_ > all_.most_ && all_.oldest_ != this) {
        crowd_out_oldest();
    }
}

bool StalledHello::holds(std::size_t bytes) {
    count(bytes);
    while (all_.bytes_ > all_.most_) {
        const bool itself = all_.oldest_ == this;
        crowd_out_oldest();
        if (itself) return false;
    }
    return true;
}

void StalledHello::count(std::size_t bytes) {
    enter();
    all_.bytes_ += bytes - bytes_;
    bytes_ = bytes;
}

void StalledHello::crowd_out_oldest() {
    StalledHello& oldest = *all_.oldest_;
    oldest.leave();
    oldest.record_.outcome = Outcome::crowded_out;
    if (&oldest != this) oldest.client_.expire();  // its session ends before this returns
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
