#include "cli/ending.h"

#include <future>
#include <ostream>

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

void drain(Signals& signals, const std::function<void()>& finish,
           const std::function<void()>& cut) {
    constexpr std::chrono::milliseconds kLook{5};
    auto finished = std::async(std::launch::async, finish);
    while (finished.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready) {
        if (signals.wait_for(kLook) == Signals::Event::stop) cut();
    }
    finished.get();
}

}  // namespace sni::cli
