#include "lab/witness/clock.h"

namespace sni::witness {

proof::Moment now() {
    using std::chrono::floor;
    using std::chrono::milliseconds;
    using Steady = std::chrono::steady_clock;
    static const auto kStarted = floor<milliseconds>(std::chrono::system_clock::now());
    static const auto kThen = Steady::now();
    return kStarted + floor<milliseconds>(Steady::now() - kThen);
}

}  // namespace sni::witness
