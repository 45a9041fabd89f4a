#include "cli/ending.h"

#include <cstdlib>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/ostream.h>

#include "lab/core/duration.h"

namespace sni::cli {

bool be_lame_duck(std::chrono::milliseconds time, Signals& signals,
                  const std::function<void(Signals::Event)>& act, std::ostream& err) {
    using std::chrono::steady_clock;
    if (time.count() == 0) return true;
    fmt::print(err, "draining: clients are still served for {}\n", to_string(time));
    err.flush();
    const auto until = steady_clock::now() + time;
    for (auto left = time; left.count() > 0;
         left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now())) {
        const auto event = signals.wait_for(left);
        if (event == Signals::Event::stop) return false;
        if (event) act(*event);
    }
    return true;
}

Drain::Drain()
    : done_(std::async(std::launch::async,
                       [work = work_.get_future()]() mutable { work.get()(); })) {}

Drain::~Drain() {
    if (!given_) work_.set_value([] {});
}

void Drain::run(Signals& signals, std::function<void()> finish, const std::function<void()>& cut,
                const std::function<void()>& reopen) {
    constexpr std::chrono::milliseconds kLook{5};
    given_ = true;
    work_.set_value(std::move(finish));
    while (done_.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready) {
        const auto event = signals.wait_for(kLook);
        if (event) event == Signals::Event::stop ? cut() : reopen();
    }
    done_.get();
}

void ask_until_stopped(Signals& signals, const std::function<void()>& ask, std::ostream& out) {
    using std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kLook{20};
    constexpr std::chrono::seconds kPatience{1};
    auto asked = std::async(std::launch::async, ask);
    std::optional<steady_clock::time_point> until;
    while (asked.wait_for(kLook) != std::future_status::ready) {
        signals.wait_for(std::chrono::milliseconds(0));
        if (!until && Signals::stopped_by() != 0) until = steady_clock::now() + kPatience;
        if (!until || steady_clock::now() < *until) continue;
        // It waits for somebody else's answer, and holds nothing that would outlive this process.
        out.flush();
        std::_Exit(128 + Signals::stopped_by());
    }
    asked.get();
}

}  // namespace sni::cli
