#include "lab/torture/live/run.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "lab/net/dial.h"
#include "lab/net/error.h"
#include "lab/net/signals.h"

namespace sni::torture {

namespace {

using net::Clock;

class Run {
  public:
    Run(const Plan& plan, Ends& ends) : plan_(plan), ends_(ends), found_(plan.shapes.size()) {}

    std::vector<std::optional<Finding>> finish(const std::stop_token& stop) {
        const std::stop_callback on_stop(stop, [this] { stop_.call(); });
        {
            std::vector<std::jthread> workers;
            const std::size_t count = std::min<std::size_t>(plan_.jobs, plan_.shapes.size());
            workers.reserve(count);
            for (std::size_t i = 0; i < count; ++i) {
                workers.emplace_back([this] { work(); });
            }
        }
        return std::move(found_);
    }

  private:
    void work() {
        net::block_all_signals();
        for (;;) {
            const std::size_t at = next_++;
            if (at >= plan_.shapes.size() || stop_.called()) return;
            const Shape& shape = plan_.shapes[at];
            const auto seen = ask(plan_.gateway, shape, plan_.patience, ends_, stop_);
            if (!seen) return;
            Finding finding = judge(shape, *seen);
            const bool gone = seen->ending == Ending::unconnected ||
                              (finding.verdict == Verdict::refused && !is_there());
            if (gone) {
                finding.verdict = Verdict::crashed;
                finding.how = "the gateway took no connections any more";
                finding.well = false;
            }
            file(at, std::move(finding));
            if (gone && !comes_back()) stop_.call();
        }
    }

    /// Whoever closes a connection may be about to end as a whole.
    bool is_there() const {
        const auto stream = net::dial(plan_.gateway, Clock::now() + plan_.patience.connect, &stop_);
        return stream.has_value() || stop_.called() || net::Error(stream.error()).own_shortage();
    }

    bool comes_back() const {
        const Clock::time_point deadline = Clock::now() + plan_.patience.restart;
        while (Clock::now() < deadline && !stop_.called(std::chrono::milliseconds(50))) {
            if (is_there()) return true;
        }
        return false;
    }

    void file(std::size_t at, Finding finding) {
        const std::scoped_lock lock(mutex_);
        found_[at] = std::move(finding);
        ++done_;
        if (plan_.progress) plan_.progress(done_, plan_.shapes.size());
    }

    const Plan& plan_;
    Ends& ends_;
    net::Wakeup stop_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::size_t done_ = 0;                       // guarded by mutex_
    std::vector<std::optional<Finding>> found_;  // each its worker's, under mutex_
};

}  // namespace

std::vector<std::optional<Finding>> run(const Plan& plan, Ends& ends, const std::stop_token& stop) {
    return Run(plan, ends).finish(stop);
}

}  // namespace sni::torture
