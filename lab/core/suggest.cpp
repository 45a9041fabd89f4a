#include "lab/core/suggest.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sni {

namespace {

/// Optimal string alignment distance, rows of a table that is never kept whole.
std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before;
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known,
                                   std::size_t max_edits) {
    std::optional<std::string> best;
    std::size_t best_edits = max_edits + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edits(word, candidate);
        if (distance < best_edits && distance < candidate.size()) {
            best_edits = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace sni
