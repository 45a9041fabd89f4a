#include "lab/torture/live/run.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "lab/net/signals.h"
#include "lab/torture/live/upkeep.h"

namespace sni::torture {

namespace {

/// Of shapes that vary, and of those that may have ended the gateway, the worst answer of so many
/// counts.
constexpr int kTimes = 3;

/// What came of one shape. Nobody knows who ended a gateway that was gone then.
struct Tried {
    Finding finding;
    bool gone = false;
};

class Asker {
  public:
    Asker(const Plan& plan, Arrivals& ends, const net::Wakeup& stop)
        : plan_(plan), ends_(ends), stop_(stop), upkeep_(plan, stop), found_(plan.shapes.size()) {}

    std::vector<std::optional<Finding>> finish() {
        while (next_ < plan_.shapes.size() && !stop_.called()) {
            ask_side_by_side();
            if (failure_) std::rethrow_exception(failure_);
            if (!suspects_.empty() && !blame_the_guilty()) break;
        }
        return std::move(found_);
    }

  private:
    /// Until all were asked that need not be alone, or the gateway is gone: then suspects_ are
    /// those that were open. Where one that is alone is the next, that.
    void ask_side_by_side() {
        gone_ = false;
        const auto next = plan_.shapes.begin() + static_cast<std::ptrdiff_t>(next_);
        const auto alone = std::find_if(next, plan_.shapes.end(), [](const Shape& shape) {
            return shape.meanwhile.is_alone();
        });
        until_ = std::max<std::size_t>(alone - plan_.shapes.begin(), next_ + 1);
        std::vector<std::jthread> workers;
        const std::size_t left = until_ - next_;
        const std::size_t count = std::min<std::size_t>(plan_.jobs, left);
        workers.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            workers.push_back(net::start_thread<std::jthread>([this] { work(); }));
        }
    }

    void work() noexcept {
        try {
            while (const auto at = take_next()) {
                const Shape& shape = plan_.shapes[*at];
                auto tried = try_one(shape, shape.varies ? kTimes : 1);
                if (!tried) return;
                file_or_suspect(*at, std::move(*tried));
            }
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            gone_ = true;  // the others take no more
        }
    }

    std::optional<std::size_t> take_next() {
        const std::scoped_lock lock(mutex_);
        if (gone_ || next_ >= until_ || stop_.called()) return std::nullopt;
        return next_++;
    }

    void file_or_suspect(std::size_t at, Tried tried) {
        const std::scoped_lock lock(mutex_);
        gone_ = gone_ || tried.gone;
        if (gone_ && tried.finding.verdict != Verdict::right) {
            suspects_.emplace_back(at, std::move(tried.finding));
        } else {
            file(at, std::move(tried.finding));
        }
    }

    /// Nothing when it was stopped.
    std::optional<Tried> try_one(const Shape& shape, int times) const {
        std::optional<Tried> tried;
        for (int time = 0; time < times; ++time) {
            const auto seen = ask(plan_.gateway, shape, plan_.patience, ends_, stop_);
            if (!seen) return std::nullopt;
            Finding finding = judge(shape, *seen);
            // Whatever was open when it went is asked again, not only what ended it.
            const bool gone =
                seen->ending == Ending::unconnected ||
                (finding.verdict != Verdict::right && !finding.alert && !upkeep_.is_there());
            if (tried) finding = worse(std::move(tried->finding), std::move(finding));
            tried = Tried{std::move(finding), gone};
            if (gone) break;
        }
        return tried;
    }

    /// Asks the suspects again, each alone. False when the gateway is gone for good.
    bool blame_the_guilty() {
        const auto suspects = std::exchange(suspects_, {});
        bool guilty = false;
        upkeep_.forget_end();
        for (std::size_t i = 0; i < suspects.size(); ++i) {
            if (!upkeep_.bring_back()) {
                for (std::size_t rest = i; rest < suspects.size(); ++rest) {
                    file(suspects[rest].first,
                         crashed(suspects[rest].second, suspects.size(), Again::never));
                }
                return false;
            }
            auto tried = try_one(plan_.shapes[suspects[i].first], kTimes);
            if (!tried) return false;
            guilty = guilty || tried->gone;
            if (tried->gone) upkeep_.note_end();
            file(suspects[i].first, tried->gone ? crashed(std::move(tried->finding), 1, Again::each)
                                                : std::move(tried->finding));
        }
        if (!guilty) {
            // It happened all the same, and must not be forgotten.
            for (const auto& [at, finding] : suspects) {
                found_[at] = crashed(finding, suspects.size(), Again::each);
            }
        }
        return upkeep_.bring_back();
    }

    enum class Again { never, each };

    Finding crashed(Finding finding, std::size_t open, Again again) const {
        finding.verdict = Verdict::crashed;
        finding.well = false;
        const auto end = upkeep_.end();
        finding.how =
            end ? "the gateway ended " + *end : "the gateway took no connections any more";
        if (open > 1) {
            finding.how += fmt::format(
                " while {} shapes were open, this one among them; {}", open,
                again == Again::each ? "asked alone, none of them did it again"
                                     : "it did not come back, so that none could be asked alone");
        }
        return finding;
    }

    void file(std::size_t at, Finding finding) {
        found_[at] = std::move(finding);
        ++done_;
        if (plan_.progress) plan_.progress(done_, plan_.shapes.size());
    }

    const Plan& plan_;
    Arrivals& ends_;
    const net::Wakeup& stop_;
    Upkeep upkeep_;     ///< its end: since there were suspects last
    std::mutex mutex_;  // for what follows, while workers run
    std::size_t next_ = 0;
    std::size_t until_ = 0;  ///< so far they are asked side by side
    bool gone_ = false;
    std::exception_ptr failure_;
    std::size_t done_ = 0;
    std::vector<std::optional<Finding>> found_;
    std::vector<std::pair<std::size_t, Finding>> suspects_;  ///< their places
};

}  // namespace

std::vector<std::optional<Finding>> run(const Plan& plan, Arrivals& ends, const net::Wakeup& stop) {
    return Asker(plan, ends, stop).finish();
}

}  // namespace sni::torture
