#include "lab/torture/counts.h"

#include <numeric>

namespace sni::torture {

Column column_of(const Finding& finding) {
    switch (finding.verdict) {
        case Verdict::right:
            return finding.well ? Column::right : Column::lenient;
        case Verdict::refused:
            return finding.well ? Column::refused_well : Column::refused_badly;
        case Verdict::unknown:
            return Column::unknown;
        case Verdict::misrouted:
            return Column::misrouted;
        case Verdict::altered:
            return Column::altered;
        case Verdict::lost:
            return Column::lost;
        case Verdict::hung:
            return Column::hung;
        case Verdict::crashed:
            break;
    }
    return Column::crashed;
}

Counts count(std::span<const Finding> findings) {
    Counts counts{};
    for (const Finding& finding : findings) {
        ++counts[static_cast<std::size_t>(column_of(finding))];
    }
    return counts;
}

std::size_t reds_of(const Counts& counts) {
    const auto first = counts.begin() + static_cast<std::ptrdiff_t>(Column::misrouted);
    return std::accumulate(first, counts.end(), std::size_t{0});
}

}  // namespace sni::torture
