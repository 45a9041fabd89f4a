// The shapes of several runs, each with what every run found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/torture/render.h"

namespace sni::torture {

struct MatrixRow {
    const Shape* shape = nullptr;
    std::vector<const Finding*> found;  ///< of each run; null where it did not ask
};

struct MatrixGroup {
    std::string_view name;
    std::vector<MatrixRow> rows;
};

/// In the order of the first run that has a shape. `runs` must outlive it.
std::vector<MatrixGroup> matrix_of(const std::vector<Run>& runs);

/// Some took it otherwise than others.
bool differs(const MatrixRow& row);

}  // namespace sni::torture
