#include "lab/net/loop/quota.h"

#include <algorithm>
#include <cassert>

#include "lab/net/loop/loop.h"

namespace sni::net {

bool Quota::take(Loop& loop) {
    const auto try_once = [this] {
        if (taken_.fetch_add(1) < limit_) return true;
        taken_.fetch_sub(1);
        return false;
    };
    if (try_once()) return true;
    {
        const std::lock_guard lock(mutex_);
        if (std::ranges::find(waiting_, &loop) == waiting_.end()) waiting_.push_back(&loop);
        wanted_ = true;
    }
    // A slot given back before we stood in the line was told to nobody.
    return try_once();
}

void Quota::give_back() {
    [[maybe_unused]] const auto before = taken_.fetch_sub(1);
    assert(before > 0 && "a slot is given back once");
    if (!wanted_) return;
    const std::lock_guard lock(mutex_);
    for (Loop* loop : waiting_) {
        loop->resume_deferred();
    }
    waiting_.clear();
    wanted_ = false;
}

}  // namespace sni::net
