#include "lab/log/writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <pthread.h>

namespace sni::log {

namespace {

/// How long it may take until end() is noticed.
constexpr std::chrono::milliseconds kLook{50};
/// poll() said that there was room, and write() that there was not.
constexpr std::chrono::milliseconds kPause{5};

}  // namespace

void Writer::put(std::string text) {
    {
        const std::lock_guard lock(mutex_);
        if (next_) {
            output_ = std::move(*next_);
            next_.reset();
        }
    }
    output_.before(text.size());
    // What is left of a line that was cut off must not become the head of the next.
    const bool torn_before = output_.torn();
    if (torn_before) text.insert(text.begin(), '\n');
    const std::size_t written = write_now(text);
    if (written == text.size()) return;
    const auto ends = std::ranges::count(std::string_view(text).substr(written), '\n');
    lost_ += static_cast<std::size_t>(ends) - (torn_before && written == 0);
}

/// Returns the bytes written.
std::size_t Writer::write_now(std::string_view text) {
    std::size_t written = 0;
    while (written < text.size()) {
        while (!output_.has_room(late() ? std::chrono::milliseconds(0) : kLook)) {
            if (late()) return written;
        }
        const auto count = output_.write(text.substr(written));
        if (!count) break;
        written += *count;
        if (*count > 0) continue;
        if (late()) break;
        std::this_thread::sleep_for(kPause);
    }
    return written;
}

void Writer::replace(Output output) {
    const std::lock_guard lock(mutex_);
    next_ = std::move(output);
}

void Writer::end(std::chrono::milliseconds patience) {
    until_ = Clock::now() + patience;
}

}  // namespace sni::log
