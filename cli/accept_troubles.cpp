#include "cli/accept_troubles.h"

#include <ostream>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::cli {

void AcceptTroubles::add(const Endpoint& listening, int error) {
    constexpr std::size_t kMost = 16;
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMost) waiting_.emplace_back(listening, error);
}

void AcceptTroubles::tell(std::ostream& err) {
    std::vector<std::pair<Endpoint, int>> told;
    {
        const std::lock_guard lock(mutex_);
        told.swap(waiting_);
    }
    for (const auto& [listening, error] : told) {
        err << render(
            {.level = Level::warning,
             .code = std::string(code::kCannotAccept),
             .message = fmt::format("a thread cannot accept clients on {}", to_string(listening)),
             .why = std::generic_category().message(error),
             .hint = "it tries again every second, and /readyz says 503 meanwhile"});
    }
}

}  // namespace sni::cli
