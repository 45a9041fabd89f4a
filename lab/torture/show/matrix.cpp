#include "lab/torture/show/matrix.h"

#include <algorithm>
#include <map>
#include <optional>

#include "lab/torture/counts.h"

namespace sni::torture {

std::vector<MatrixGroup> matrix_of(const std::vector<Run>& runs) {
    std::vector<MatrixGroup> groups;
    std::map<std::string_view, std::size_t> group_at;
    std::map<std::string_view, std::pair<std::size_t, std::size_t>> row_at;
    for (std::size_t run = 0; run < runs.size(); ++run) {
        const std::vector<Shape>& shapes = runs[run].shapes;
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const Shape& shape = shapes[i];
            const auto [group, new_group] = group_at.emplace(shape.group(), groups.size());
            if (new_group) groups.push_back({.name = shape.group(), .rows = {}});
            std::vector<MatrixRow>& rows = groups[group->second].rows;
            const auto [row, new_row] =
                row_at.emplace(shape.name, std::pair(group->second, rows.size()));
            if (new_row) rows.push_back({&shape, std::vector<const Finding*>(runs.size())});
            groups[row->second.first].rows[row->second.second].found[run] = &runs[run].findings[i];
        }
    }
    return groups;
}

bool differs(const MatrixRow& row) {
    std::optional<Column> first;
    return std::ranges::any_of(row.found, [&](const Finding* finding) {
        if (!finding) return false;
        const Column column = column_of(*finding);
        if (!first) first = column;
        return column != *first;
    });
}

}  // namespace sni::torture
