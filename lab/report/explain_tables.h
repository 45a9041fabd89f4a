// The explanations by block of core/codes.h, each sorted by code. For explain.cpp only; explain.h
// is the way in. A code without a row here fails a test.
#pragma once

#include <span>

#include "lab/report/explain.h"

namespace sni::report {

std::span<const Explanation> command_explanations();  ///< SL10xx to SL12xx
std::span<const Explanation> path_explanations();     ///< SL21xx and SL22xx
std::span<const Explanation> session_explanations();  ///< SL23xx and SL24xx
std::span<const Explanation> key_explanations();      ///< SL30xx
std::span<const Explanation> part_explanations();     ///< SL50xx, SL60xx and SL65xx
std::span<const Explanation> machine_explanations();  ///< SL70xx

}  // namespace sni::report
