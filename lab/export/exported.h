// What an export gives, whatever it is for.
#pragma once

#include <string>
#include <vector>

#include "lab/export/steps.h"

namespace sni::exporting {

struct Exported {
    std::string text;         ///< the file
    std::vector<Step> steps;  ///< what to type next
    std::vector<std::string>
        notes;  ///< what is not carried over, or done otherwise; a sentence each

    void note(const std::vector<std::string>& more) {
        notes.insert(notes.end(), more.begin(), more.end());
    }
};

}  // namespace sni::exporting
