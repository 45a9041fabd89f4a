// How findings are counted: the columns of every table.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "lab/torture/judge.h"

namespace sni::torture {

/// Right and refused are told apart by whether they should be.
enum class Column {
    right,
    lenient,
    refused_well,
    refused_badly,
    unknown,
    misrouted,
    altered,
    lost,
    hung,
    crashed,
};
inline constexpr std::array<std::string_view, 10> kColumns = {
    "right",     "lenient", "refused well", "refused badly", "unknown",
    "misrouted", "altered", "lost",         "hung",          "crashed"};

Column column_of(const Finding& finding);

using Counts = std::array<std::size_t, kColumns.size()>;
Counts count(std::span<const Finding> findings);
/// Those that are red.
std::size_t reds_of(const Counts& counts);

}  // namespace sni::torture
